/** The process itself: how soon it serves, and what it takes while nobody asks. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Figure } from '../support/figure.js'
import { atMost, mebibytes, ms, NONE } from '../support/report.js'
import { median } from '../support/statistics.js'

const MIB = 1_048_576
/** Within which a process that nobody asks has collected its garbage. */
export const QUIET_MS = 15_000

export const start: Figure = {
  name: 'start',
  async run({ world, plan }) {
    const containers = await world.containers(plan.quick ? 10 : 100)
    const took: number[] = []
    for (let round = 0; round < plan.rounds; round++) {
      await world.gateway.stop()
      took.push(await world.gateway.start())
    }
    const value = median(took)
    const figure = `start to ready, ${containers} containers`
    return [{ figure, engine: NONE, gateway: ms(value), compared: NONE, bound: atMost(value, 2_000, ms) }]
  },
}

export const memory: Figure = {
  name: 'memory',
  async run({ world, plan }) {
    const containers = await world.containers(plan.quick ? 10 : 100)
    await world.gateway.stop()
    await world.gateway.start()
    await delay(plan.quick ? 100 : QUIET_MS)
    const idle = world.gateway.memory
    return [
      {
        figure: `idle memory, ${containers} containers`,
        engine: NONE,
        gateway: mebibytes(idle),
        compared: NONE,
        bound: atMost(idle, 150 * MIB, mebibytes),
        why:
          'about 60 MiB are pages of the node binary itself, 60 MiB live objects and code, of which the largest part are the libraries, and the rest is ' +
          "what the C library keeps of the start's inspects (with a few containers it is 145 MiB in all). MALLOC_ARENA_MAX=1 takes 8 MiB off that",
      },
    ]
  },
}
