/** What the inventory costs at a thousand containers: its memory, and the time until it is whole again after a gap. */
import { spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { text } from 'node:stream/consumers'
import { ROOT } from '../../scripts/setup.mjs'
import type { Bench, Figure } from '../support/figure.js'
import { mebibytes, ms, NONE, type Row, times } from '../support/report.js'
import { median } from '../support/statistics.js'

/** In ms, and bytes; what bench/relist.ts prints. */
interface Relisted {
  readonly listed: number
  readonly complete: number
  readonly again: number
  readonly bytes: number
}

export const relist: Figure = {
  name: 'relist',
  async run(bench) {
    const { world, plan } = bench
    const count = await world.containers(plan.quick ? 10 : 1_000)
    const engine = await direct(bench)
    const { listed, complete, again, bytes } = await measured(bench, count)
    const of = `of ${count.toLocaleString('en')} containers`
    const row = (figure: string, gateway: string, compared = NONE, bare = NONE): Row => ({ figure, engine: bare, gateway, compared })
    return [
      row(`first list ${of}, from the start of the process's inventory`, ms(listed), times(listed / engine), ms(engine)),
      row(`the same with every detail (an inspect of each)`, ms(complete)),
      row(`list again ${of}, nothing changed`, ms(again), times(again / engine), ms(engine)),
      row(`memory of the inventory ${of}`, mebibytes(bytes)),
    ]
  },
}

/** The engine's own answer of the same list, whole. */
async function direct({ world, plan }: Bench): Promise<number> {
  const client = world.engine()
  const took: number[] = []
  for (let round = 0; round < plan.rounds; round++) {
    const from = performance.now()
    await client.drain('GET', '/containers/json?all=true')
    took.push(performance.now() - from)
  }
  client.close()
  return median(took)
}

async function measured({ world, plan }: Bench, count: number): Promise<Relisted> {
  const hooks = new URL('../../scripts/ts-imports.mjs', import.meta.url).href
  const args = ['--expose-gc', '--import', hooks, 'bench/relist.ts', world.bed.dockerHost, String(count), String(plan.rounds)]
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] })
  const printed = (await text(child.stdout)).trimEnd().split('\n').at(-1) ?? ''
  if (!printed.startsWith('{"listed')) throw new Error(`no figures of the inventory: ${printed.slice(-500)}`)
  return JSON.parse(printed) as Relisted
}
