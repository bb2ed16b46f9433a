/**
 * `npm run bench`: every figure side by side with the bare engine socket, in one run on one private engine. Names of figures
 * run only those; a run of all of them writes bench/RESULTS.md. `--quick` only proves that everything works, and
 * `--profile folder` writes a cpu profile of the gateway.
 */
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { ROOT } from '../scripts/setup.mjs'
import { bytes } from './figures/bytes.js'
import { imageBytes } from './figures/image-bytes.js'
import { create } from './figures/create.js'
import { decision } from './figures/decision.js'
import { exec } from './figures/exec.js'
import { inspect } from './figures/inspect.js'
import { list } from './figures/list.js'
import { frozen, sockets, viewers } from './figures/live.js'
import { logs } from './figures/logs.js'
import { memory, start } from './figures/process.js'
import { pull } from './figures/pull.js'
import { relist } from './figures/relist.js'
import type { Figure, Plan } from './support/figure.js'
import { loadAverage, machineFacts } from './support/machine.js'
import { table, type Row } from './support/report.js'
import { World } from './support/world.js'

/** In this order, since the list makes the containers that all the others run among, and the last one makes more. */
const FIGURES: readonly Figure[] = [
  list,
  inspect,
  create,
  logs,
  viewers,
  frozen,
  sockets,
  exec,
  pull,
  bytes,
  imageBytes,
  decision,
  start,
  memory,
  relist,
]

const FULL: Plan = { quick: false, rounds: 5, roundMs: 1_000 }
const QUICK: Plan = { quick: true, rounds: 1, roundMs: 100 }
const OTHERS = 25

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, profile: { type: 'string' } },
})
const unknown = positionals.filter((name) => !FIGURES.some((figure) => figure.name === name))
if (unknown.length > 0) {
  console.error(`no such figure: ${unknown.join(' ')}; there are ${FIGURES.map(({ name }) => name).join(' ')}`)
  process.exit(2)
}
const chosen = FIGURES.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
const plan = values.quick ? QUICK : FULL
const load = { before: loadAverage() }

const world = await World.create({ others: plan.quick ? 1 : OTHERS, profiles: values.profile && resolve(values.profile) })
let ending: Promise<void> | undefined
const end = (): Promise<void> => (ending ??= world.end())
// whoever interrupts a bench must not find an engine that runs on
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => void end().finally(() => process.exit(1)))
try {
  await show(await measureAll())
} finally {
  await end()
}
process.exit(0)

async function measureAll(): Promise<Row[]> {
  const rows: Row[] = []
  for (const figure of chosen) {
    process.stderr.write(`» ${figure.name}\n`)
    rows.push(...(await figure.run({ world, plan })))
  }
  return rows
}

async function show(rows: readonly Row[]): Promise<void> {
  const engine = world.engine()
  const facts = await machineFacts(engine, load)
  engine.close()
  console.log(`${table(rows)}\n\n${facts.join('\n')}`)
  if (chosen.length === FIGURES.length && !plan.quick) writeFileSync(join(ROOT, 'bench/RESULTS.md'), document(rows, facts))
}

function document(rows: readonly Row[], facts: readonly string[]): string {
  const missed = rows.filter(({ bound }) => bound && !bound.met).length
  const bounds = rows.filter(({ bound }) => bound).length
  return `# Figures

Written by \`npm run bench\`: the gateway against the bare engine socket, measured in turns within one run (median of
${plan.rounds} rounds, 3 for the pull). The gateway is \`node dist/main.js\` on its embedded database, asked over loopback TCP with a developer's
token; the engine is asked on its unix socket by the same load generator. A second team has ${OTHERS} containers on the same engine;
the engine's lists are filtered to the same containers that the gateway answers, of which one in twenty runs. All figures but
the lists are taken among the containers of the largest list.

${facts.join('\n')}

${bounds - missed} of ${bounds} bounds met.

${table(rows)}
${reasons(rows)}`
}

/** Why a bound is missed, where that is known. */
function reasons(rows: readonly Row[]): string {
  const missed = rows.filter(({ bound }) => bound && !bound.met)
  if (missed.length === 0) return ''
  const lines = missed.map(({ figure, bound, why }) => `- **${figure}**, by ${bound!.by}: ${why ?? 'the cause is not known yet'}`)
  return `\n## Missed\n\n${lines.join('\n')}\n`
}
