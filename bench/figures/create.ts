/** A container made and removed: with ownership rows, audit records and a look at what the engine made of it. */
import type { Figure } from '../support/figure.js'
import type { Http } from '../support/http.js'
import { latencies, timed } from '../support/load.js'
import { ms, more, overDirect, type Row } from '../support/report.js'
import { compare } from '../support/rounds.js'
import { ENGINE_IMAGE, ordinaryContainer } from '../support/world.js'

interface Times {
  readonly create: number
  readonly remove: number
  readonly createP99: number
  readonly removeP99: number
}

export const create: Figure = {
  name: 'create',
  async run({ world, plan }) {
    await world.containers(plan.quick ? 10 : 100)
    const [user, direct] = [world.user(), world.engine()]
    const count = plan.quick ? 2 : 12
    const { engine, gateway } = await compare<keyof Times>(plan.rounds, {
      engine: () =>
        pairs(direct, count, { create: '/containers/create', body: engineBody(), remove: (id) => `/containers/${id}?force=true` }),
      gateway: () =>
        pairs(user, count, {
          create: '/api/v1/containers',
          body: ordinaryContainer(world.image, { 'bench.run': world.id }),
          remove: (id) => `/api/v1/containers/${id}?force=true`,
        }),
    })
    user.close()
    direct.close()
    const row = (key: keyof Times, figure: string, isBound: boolean): Row => ({
      figure,
      engine: ms(engine[key]),
      gateway: ms(gateway[key]),
      compared: more(gateway[key] - engine[key], ms),
      ...(isBound && { bound: overDirect(engine[key], gateway[key]), why: WHY[key] }),
    })
    return [
      row('create', 'create a container: p50', true),
      row('createP99', 'create a container: p99', false),
      row('remove', 'remove a container: p50', true),
      row('removeP99', 'remove a container: p99', false),
    ]
  },
}

/** Where the time goes, by a trace of every statement and call of sixty creations. */
const WHY: Readonly<Partial<Record<keyof Times, string>>> = {
  create:
    'about 4 ms pass before the engine is asked (audit intent, judgement, claim, host ports, quota: some twenty statements, and four commits that are ' +
    'synced, 0.15 ms each) and 2 ms after it has answered (an inspect that holds what was made against what was admitted, settlement, audit outcome). ' +
    'One transaction for claim, ports and quota would take 1 ms off; the rest is the price of a decision that is written down before it is carried out',
  remove:
    'audit intent before, an inspect that it is gone, the end of its row and the audit outcome after, each commit synced; ' +
    'answering before the end of the row is written would reach it, and could tell of a removal that is not seen',
}

interface Calls {
  readonly create: string
  readonly body: object
  readonly remove: (id: string) => string
}

async function pairs(client: Http, count: number, calls: Calls): Promise<Times> {
  const made: number[] = []
  const removed: number[] = []
  for (let index = 0; index < count; index++) {
    let id = ''
    made.push(
      await timed(async () => {
        const answer = await client.json<{ id?: string; Id?: string }>('POST', calls.create, calls.body)
        id = (answer.id ?? answer.Id)!
      }),
    )
    removed.push(await timed(() => client.drain('DELETE', calls.remove(id))))
  }
  const [create, remove] = [latencies(made), latencies(removed)]
  return { create: create.p50, remove: remove.p50, createP99: create.p99, removeP99: remove.p99 }
}

/** What the ordinary container is in the engine's words. */
function engineBody(): object {
  const { command, env, labels } = ordinaryContainer(ENGINE_IMAGE)
  return {
    Image: ENGINE_IMAGE,
    Cmd: command,
    Env: env,
    Labels: labels,
    ExposedPorts: { '8080/tcp': {} },
    HostConfig: { Memory: 64 * 1_048_576, PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } },
  }
}
