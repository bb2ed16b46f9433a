/** What a decision and an admission cost by themselves: timed inside a gateway's process, on the data of this run. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { ROOT } from '../../scripts/setup.mjs'
import type { Figure } from '../support/figure.js'
import { atMost, ms, NONE, type Row } from '../support/report.js'
import type { World } from '../support/world.js'

/** In ms; what bench/in-process.ts prints. */
export interface InProcess {
  readonly [figure: string]: { readonly p50: number; readonly p99: number }
}

export const decision: Figure = {
  name: 'decision',
  async run({ world, plan }) {
    await world.containers(plan.quick ? 10 : 100)
    // only one process may have the data directory
    await world.gateway.stop()
    const measured = await inProcess(world, plan.quick ? 20 : 5_000)
    await world.gateway.start()
    return Object.entries(measured).flatMap(([name, value]) => rows(name, value))
  },
}

/** The bounds, by the figure's name. */
const LIMITS: Readonly<Record<string, number>> = { authorization: 0.2, admission: 1 }

function rows(name: string, { p50, p99 }: { p50: number; p99: number }): Row[] {
  const limit = LIMITS[name]
  const row = (key: string, value: number): Row => ({ figure: `${name}: ${key}`, engine: NONE, gateway: ms(value), compared: NONE })
  return [row('p50', p50), { ...row('p99', p99), ...(limit !== undefined && { bound: atMost(p99, limit, ms) }) }]
}

async function inProcess(world: World, count: number): Promise<InProcess> {
  const hooks = new URL('../../scripts/ts-imports.mjs', import.meta.url).href
  const child = spawn(process.execPath, ['--import', hooks, 'bench/in-process.ts', String(count), world.token], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], ...world.gateway.env, BERTH_LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const printed = await text(child.stdout)
  const last = printed.trimEnd().split('\n').at(-1) ?? ''
  if (!last.startsWith('{"authorization')) throw new Error(`no figures from the gateway's inside: ${printed.slice(-2_000)}`)
  return JSON.parse(last) as InProcess
}
