import { describe, expect, it } from 'vitest'
import type { LogRecord, OwnEnd } from '../../streams/source.js'
import { merged, WINDOW_MS } from './logs-merge.js'
import type { TailItem } from './logs-tail.js'

const time = (ms: number): string => new Date(1_700_000_000_000 + ms).toISOString().replace('Z', '000000Z')
const record = (name: string, ms: number): LogRecord => ({
  type: 'log',
  container: name,
  name,
  stream: 'stdout',
  time: time(ms),
  n: 1,
  text: `${ms}`,
})
const wait = (ms: number) => new Promise((done) => setTimeout(done, ms))

type Step = { readonly after?: number; readonly item: TailItem }

async function* tail(steps: readonly Step[]): AsyncGenerator<TailItem, OwnEnd> {
  for (const { after = 0, item } of steps) {
    if (after > 0) await wait(after)
    yield item
  }
  return { reason: 'ended' }
}

async function texts(tails: readonly (readonly Step[])[], keys = ['a', 'b', 'c']): Promise<string[]> {
  const out: string[] = []
  for await (const item of merged(tails.map(tail), keys)) {
    if ('frames' in item) out.push(...item.frames.map((each) => `${(each as LogRecord).name}${(each as LogRecord).text.toString()}`))
    else out.push('gap' in item ? 'gap' : 'source')
  }
  return out
}

const lines = (name: string, ...at: number[]): Step => ({ item: { frames: at.map((ms) => record(name, ms)) } })
const live: Step = { item: { live: true } }

describe('merged', () => {
  it('merges histories strictly by time, however late one of them comes', async () => {
    const slow = [
      { after: 60, item: { frames: [record('b', 1)] } },
      { after: 60, item: { frames: [record('b', 3), record('b', 9)] } },
    ]
    expect(await texts([[lines('a', 2, 4, 6)], slow, [lines('c', 5)]])).toEqual(['b1', 'a2', 'b3', 'a4', 'c5', 'a6', 'b9'])
  })

  it('holds live records back while another history is read', async () => {
    const ahead = [lines('a', 1), live, lines('a', 100, 101)]
    const slow = [{ after: WINDOW_MS * 3, item: { frames: [record('b', 2)] } }, { after: 30, item: { frames: [record('b', 50)] } }, live]
    expect(await texts([ahead, slow])).toEqual(['a1', 'b2', 'b50', 'a100', 'a101'])
  })

  it('does not wait for a live one that is silent', async () => {
    const now = Date.now()
    const quiet = [live, { after: WINDOW_MS * 6, item: { frames: [record('b', 99)], at: now + WINDOW_MS * 6 } }]
    const start = performance.now()
    const stream = merged([tail([live, { item: { frames: [record('a', 1)], at: now } }]), tail(quiet)], ['a', 'b'])
    expect((await stream.next()).value).toMatchObject({ frames: [{ name: 'a' }] })
    expect(performance.now() - start).toBeLessThan(WINDOW_MS * 5)
    await stream.return({ reason: 'closed' })
  })

  it('sorts live records that come within the window', async () => {
    const now = Date.now()
    const a = [live, { item: { frames: [record('a', 10), record('a', 30)], at: now } }]
    const b = [live, { after: WINDOW_MS / 2, item: { frames: [record('b', 20)], at: now + WINDOW_MS / 2 } }]
    expect(await texts([a, b])).toEqual(['a10', 'b20', 'a30'])
  })

  it('gives every viewer the same order, whatever their names for the containers and their haste', async () => {
    const past = Date.now() - 10 * WINDOW_MS
    const arrivals = [0, 30, 120, 121, 260, 300, 420, 430]
    const steps = (name: string, offset: number, haste: number): Step[] => [
      live,
      ...arrivals.map((at, index) => ({
        after: haste,
        item: { frames: [record(name, (index * 37 + offset) % 90)], at: past + at + offset },
      })),
    ]
    const first = await texts([steps('a', 0, 0), steps('b', 11, 0)], ['a', 'b'])
    const second = await texts([steps('b', 11, 0), steps('a', 0, 0)], ['b', 'a'])
    expect(second).toEqual(first)
    expect(first).toHaveLength(16)
  })

  it('keeps gaps at their place, and passes one tail through', async () => {
    const gap: Step = { item: { gap: { from: null, to: null, reason: 'rotated' } } }
    expect(await texts([[lines('a', 5), gap, lines('a', 7)], [lines('b', 6)]])).toEqual(['a5', 'gap', 'b6', 'a7'])
    expect(await texts([[lines('a', 5), live, gap, lines('a', 4)]])).toEqual(['a5', 'gap', 'a4'])
  })
})
