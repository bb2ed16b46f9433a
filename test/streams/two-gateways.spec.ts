import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connectStreams, type Streams } from '../../clients/typescript/src/streams/index.js'
import { type Gateway, startGateway } from '../support/app.js'
import { Postgres } from '../support/postgres.js'
import { type Actor, runContainer, type Scenario, scenario, type Team, withCmd, withName } from '../support/scenario.js'
import { Redis } from '../store/support/redis.js'
import { Screen } from './screen.js'
import { runs, until } from './support.js'

let postgres: Postgres
let redis: Redis
let one: Gateway
let two: Gateway
let s: Scenario
let team: Team
let ann: Actor
let box: { id: string }

beforeAll(async () => {
  postgres = await Postgres.start()
  redis = await Redis.prepare()
  await redis.start()
  const databaseUrl = await postgres.database('berth')
  const env = { BERTH_REDIS_URL: redis.url, BERTH_TERMINAL_GRACE: '20' }
  one = await startGateway({ databaseUrl, env })
  two = await startGateway({ databaseUrl, env })
  s = await scenario(one)
  team = await s.team('scale')
  ann = await s.user('ann', { scale: 'developer' })
  box = await runContainer(ann, withName('box'), withCmd('sh', '-c', 'while :; do date; sleep 0.2; done'))
})
afterAll(async () => {
  await one?.stop()
  await two?.stop()
  await s?.end()
  await redis?.stop()
  await postgres?.stop()
})

const at = (gateway: Gateway, who: Actor): Streams => connectStreams({ url: gateway.url, token: who.accessToken! })

interface Sessions {
  items: { id: string; gateway: string; participants: object[] | null }[]
}

describe('two gateways on one database', () => {
  it('a session of one is refused by the other, which says where it lives', async () => {
    const [here, there] = [at(one, ann), at(two, ann)]
    const exec = await here.exec({ container: box.id, command: ['sh'], tty: true })
    const error = await there.exec({ session: exec.session }).then(
      () => expect.fail('it was joined'),
      (problem: unknown) => problem as Error & { code: string },
    )
    expect(error.code).toBe('terminal_elsewhere')
    const { items } = await ann.ok<Sessions>('GET', '/terminal-sessions')
    const listed = items.find(({ id }) => id === exec.session)!
    expect(error.message).toContain(listed.gateway)
    // lost at one, come back to at one
    here.socket.io.engine.close()
    here.close()
    const again = at(one, ann)
    const back = new Screen(await again.exec({ session: exec.session, cursor: exec.cursor }))
    await back.terminal.write('exit 3\n')
    expect(await back.terminal.ended).toMatchObject({ reason: 'exited', exitCode: 3 })
    again.close()
    there.close()
  })

  it.each([
    ['', 'bob'],
    [', also without the Redis', 'bea'],
  ])('a role that is taken at one cuts the streams and commands of both within two seconds%s', async (without, name) => {
    if (without) await redis.stop()
    const bob = await s.user(name, { scale: 'developer' })
    const [here, there] = [at(one, bob), at(two, bob)]
    const [logs, exec] = [
      await here.logs({ containers: [box.id], follow: true }),
      await there.exec({ container: box.id, command: ['sleep', '7119'] }),
    ]
    const start = performance.now()
    await s.admin.ok('DELETE', `/teams/${team.name}/members/${bob.userId}`)
    expect((await Promise.all([logs.ended, exec.ended])).map(({ reason }) => reason)).toEqual(['revoked', 'revoked'])
    expect(performance.now() - start).toBeLessThan(2_000)
    await until('its command is ended', async () => !(await runs(s, box.id, '7119')), 2_000)
    here.close()
    there.close()
    if (without) await redis.start()
  })

  it('a gateway that goes away leaves no session in the list, and its log streams go on at the other', async () => {
    const logs = await at(two, ann).logs({ containers: [box.id], follow: true, tail: 1 })
    const records = logs[Symbol.asyncIterator]()
    await records.next()
    const { cursor } = logs
    await two.stop()
    const here = at(one, ann)
    const resumed = await here.logs({ containers: [box.id], follow: true, cursor })
    for await (const record of resumed) {
      expect(record).toMatchObject({ type: 'log' })
      break
    }
    expect((await ann.ok<Sessions>('GET', '/terminal-sessions')).items).toEqual([])
    here.close()
  })
})
