/** The process itself: how soon it serves, and what it takes while nobody asks. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Figure } from '../support/figure.js'
import { atMost, mebibytes, ms, NONE } from '../support/report.js'
import { median } from '../support/statistics.js'
import { connect } from '../support/streams.js'

const MIB = 1_048_576

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
    const count = plan.quick ? 5 : 200
    await world.gateway.stop()
    await world.gateway.start()
    await delay(plan.quick ? 100 : 10_000)
    const idle = world.gateway.memory
    const sockets = await Promise.all(Array.from({ length: count }, () => connect(world)))
    await delay(plan.quick ? 100 : 5_000)
    const perSocket = (world.gateway.memory - idle) / count
    sockets.forEach((socket) => socket.disconnect())
    return [
      {
        figure: `idle memory, ${containers} containers`,
        engine: NONE,
        gateway: mebibytes(idle),
        compared: NONE,
        bound: atMost(idle, 150 * MIB, mebibytes),
        why:
          'about 62 MiB are alive after a collection; the rest is what the start took and V8 keeps. node --max-semi-space-size=2 makes about 60 MiB ' +
          'less of it, and costs lists and logs their speed, so it is the choice of who runs it',
      },
      { figure: `memory of an idle socket (${count})`, engine: NONE, gateway: `${(perSocket / 1_024).toFixed(1)} KiB`, compared: NONE },
    ]
  },
}
