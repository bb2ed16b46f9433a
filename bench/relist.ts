/**
 * An inventory in a process of its own, on the engine of the run: from nothing to a complete list, then the list again as after a
 * gap. Prints one line of JSON. Arguments: address of the engine, how many containers there are, how many rounds.
 */
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { ROOT } from '../scripts/setup.mjs'
import { median } from './support/statistics.js'

const { Engine } = (await import(join(ROOT, 'dist/engine/engine.js'))) as typeof import('../src/engine/engine.js')
const [dockerHost = '', count = '0', rounds = '1'] = process.argv.slice(2)

const heap = (): number => {
  global.gc?.()
  return process.memoryUsage().heapUsed
}
const before = heap()
const start = performance.now()
const engine = new Engine({ dockerHost })
engine.onModuleInit()
await engine.inventory.ready()
const listed = performance.now() - start
await engine.inventory.settled()
const complete = performance.now() - start
const { containers } = engine.inventory
if (containers.size < Number(count) || containers.all().some(({ detail }) => detail === undefined))
  throw new Error(`the inventory has ${containers.size} containers of ${count}, or not all of them whole`)
const bytes = heap() - before

const again: number[] = []
for (let round = 0; round < Number(rounds); round++) {
  const from = performance.now()
  await engine.inventory.catchUp()
  again.push(performance.now() - from)
}
await engine.onApplicationShutdown()
console.log(JSON.stringify({ listed, complete, again: median(again), bytes }))
process.exit(0)
