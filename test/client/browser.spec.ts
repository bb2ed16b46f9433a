/** The client as a page has it: bundled for browsers, with nothing around it but what a browser has. */
import { createContext, runInContext } from 'node:vm'
import { rolldown } from 'rolldown'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type * as Berth from '../../clients/typescript/src/index.js'
import { type Actor, runContainer, type Scenario, scenario, withCmd, withName } from '../support/scenario.js'

const ENTRY = fileURLToPath(new URL('../../clients/typescript/src/index.ts', import.meta.url))

let s: Scenario
let ann: Actor
let code: string
let berth: typeof Berth

beforeAll(async () => {
  s = await scenario()
  await s.team('page')
  ann = await s.user('ann', { page: 'developer' })
  code = await bundled()
  berth = loaded(code)
})
afterAll(() => s?.end())

/** One script; throws where it would need anything that is not in it. */
async function bundled(): Promise<string> {
  const bundle = await rolldown({
    input: ENTRY,
    platform: 'browser',
    onLog: (level, { message }) => {
      if (level === 'warn') throw new Error(message)
    },
  })
  const { output } = await bundle.generate({ format: 'iife', name: 'berth' })
  expect(output).toHaveLength(1)
  expect(output[0].imports).toEqual([])
  return output[0].code
}

/** A page's globals, and no `process`, `Buffer` or `require`. */
function loaded(script: string): typeof Berth {
  // oxfmt-ignore
  const page: Record<string, unknown> = {
    AbortController, AbortSignal, Blob, Event, EventTarget, FormData, Headers, ReadableStream, Request, Response, TextDecoder, TextEncoder, URL,
    URLSearchParams, WebSocket, clearInterval, clearTimeout, fetch, performance, setInterval, setTimeout, structuredClone,
    // the same as those of the WebSocket above, as they are in a page
    ArrayBuffer, Uint8Array, Promise, Error,
  }
  page['self'] = page['window'] = page
  runInContext(`${script}; self.berth = berth`, createContext(page))
  return page['berth'] as typeof Berth
}

describe('the client in a browser', () => {
  it('asks over REST', async () => {
    const client = berth.createClient({ url: s.url, token: ann.accessToken! })
    expect(await client.call('MeInspect', {})).toMatchObject({ username: ann.username })
  })

  it('iterates over a log, and goes on by itself when the gateway has restarted', async () => {
    await runContainer(ann, withName('web'), withCmd('sh', '-c', 'i=0; while :; do i=$((i+1)); echo $i; usleep 20000; done'))
    const streams = berth.connectStreams({ url: s.url, token: ann.accessToken! })
    const numbers: number[] = []
    for await (const record of await streams.logs({ containers: ['web'], follow: true })) {
      if (record.type !== 'log') continue
      numbers.push(Number(record.text))
      if (numbers.length === 50) await s.gateway.restart()
      if (numbers.length === 200) break
    }
    expect(numbers).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
    streams.close()
  })

  it('has a terminal that takes and gives bytes', async () => {
    const streams = berth.connectStreams({ url: s.url, token: ann.accessToken! })
    const exec = await streams.exec({ container: 'web', command: ['wc', '-c'] })
    await exec.end(new Uint8Array([0, 255, 10, 128]))
    let shown = ''
    for await (const record of exec) if ('data' in record) shown += new TextDecoder().decode(record.data)
    expect(shown.trim()).toBe('4')
    expect(await exec.exit).toBe(0)
    streams.close()
  })
})
