/**
 * What ends a right, by what it ended: the next request within a second, the open streams within two, and the process of an
 * exec with them. Each row is one way to lose it.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ownedContainer, type Owned, type RawSocket, rawSocket, runs, until } from '../streams/support.js'
import { AccessChanges } from '../../src/access/index.js'
import { Database } from '../../src/store/database.js'
import { Postgres } from '../support/postgres.js'
import { startGateway } from '../support/app.js'
import { Actor, type Scenario, scenario, type Team } from '../support/scenario.js'

const REST_MS = 1_000
const STREAM_MS = 2_000

let s: Scenario
let alpha: Team
let beta: Team
let box: Owned

beforeAll(async () => {
  s = await scenario()
  alpha = await s.team('alpha')
  beta = await s.team('beta')
  box = await ownedContainer(s, alpha)
})
afterAll(() => s?.end())

/** Who loses it, with what he acts by, and what takes it. */
interface Loss {
  readonly actor: Actor
  readonly take: () => Promise<unknown>
}

const developer = () => s.user(`dev-${randomBytes(3).toString('hex')}`, { alpha: 'developer' })
const member = (actor: Actor) => `/teams/${alpha.name}/members/${actor.userId}`
const EXEC = ['containers.read', 'containers.exec', 'containers.logs', 'self.read']

/** A personal token of a developer, and its id. */
async function token(): Promise<{ owner: Actor; actor: Actor; id: string }> {
  const owner = await developer()
  const actor = await s.token(owner, EXEC)
  const { items } = await owner.ok<{ items: { id: string }[] }>('GET', '/me/tokens')
  return { owner, actor, id: items[0]!.id }
}

async function serviceAccount(): Promise<{ actor: Actor; id: string; tokenId: string }> {
  const name = `sa-${randomBytes(3).toString('hex')}`
  const { id } = await s.admin.ok<{ id: string }>('POST', '/service-accounts', { team: alpha.name, name, role: 'developer' })
  const made = await s.admin.ok<{ id: string; token: string }>('POST', `/service-accounts/${id}/tokens`, { name: 't', permissions: EXEC })
  return { actor: new Actor(s.gateway, { username: name, accessToken: made.token }), id, tokenId: made.id }
}

const LOSSES: readonly [what: string, make: () => Promise<Loss>][] = [
  [
    'a membership that is taken away',
    async () => {
      const actor = await developer()
      return { actor, take: () => s.admin.ok('DELETE', member(actor)) }
    },
  ],
  [
    'a lesser role',
    async () => {
      const actor = await developer()
      return { actor, take: () => s.admin.ok('PUT', member(actor), { role: 'viewer' }) }
    },
  ],
  [
    'a role of its own that loses the permission',
    async () => {
      const name = `role-${randomBytes(3).toString('hex')}`
      await s.admin.ok('POST', '/roles', { name, scope: 'team', permissions: EXEC.filter((each) => each !== 'self.read') })
      const actor = await s.user(`dev-${randomBytes(3).toString('hex')}`, { alpha: name })
      return { actor, take: () => s.admin.ok('PATCH', `/roles/${name}`, { permissions: ['containers.read'] }) }
    },
  ],
  [
    'a logout',
    async () => {
      const actor = await developer()
      return { actor, take: () => actor.ok('POST', '/auth/logout') }
    },
  ],
  [
    'a session that is revoked from another',
    async () => {
      const other = await developer()
      const actor = await s.login(other)
      const { items } = await actor.ok<{ items: { id: string; current: boolean }[] }>('GET', '/me/sessions')
      const { id } = items.find(({ current }) => current)!
      return { actor, take: () => other.ok('DELETE', `/me/sessions/${id}`) }
    },
  ],
  [
    'a password that an administrator sets',
    async () => {
      const actor = await developer()
      return { actor, take: () => s.admin.ok('PATCH', `/users/${actor.userId}`, { password: 'set by the administrator' }) }
    },
  ],
  [
    'a user that is disabled',
    async () => {
      const actor = await developer()
      return { actor, take: () => s.admin.ok('PATCH', `/users/${actor.userId}`, { disabled: true }) }
    },
  ],
  [
    'a user that is deleted',
    async () => {
      const actor = await developer()
      return { actor, take: () => s.admin.ok('DELETE', `/users/${actor.userId}`) }
    },
  ],
  [
    'a personal token that is revoked',
    async () => {
      const { owner, actor, id } = await token()
      return { actor, take: () => owner.ok('DELETE', `/me/tokens/${id}`) }
    },
  ],
  [
    'a personal token whose owner is disabled',
    async () => {
      const { owner, actor } = await token()
      return { actor, take: () => s.admin.ok('PATCH', `/users/${owner.userId}`, { disabled: true }) }
    },
  ],
  [
    'a token of a service account that is revoked',
    async () => {
      const { actor, id, tokenId } = await serviceAccount()
      return { actor, take: () => s.admin.ok('DELETE', `/service-accounts/${id}/tokens/${tokenId}`) }
    },
  ],
  [
    'a service account that is deleted',
    async () => {
      const { actor, id } = await serviceAccount()
      return { actor, take: () => s.admin.ok('DELETE', `/service-accounts/${id}`) }
    },
  ],
]

/** An exec that marks its process, and the rest of what is lost with it. */
async function hold(actor: Actor, container: Owned): Promise<{ raw: RawSocket; streamId: string; mark: string }> {
  const mark = `mark${randomBytes(6).toString('hex')}`
  const raw = await rawSocket(s.url, { token: actor.accessToken })
  const command = ['sh', '-c', `: ${mark}; while :; do sleep 1; done`]
  const ack = await raw.ask('stream:open', { kind: 'container.exec', params: { container: container.id, command } })
  expect(ack, JSON.stringify(ack)).toMatchObject({ ok: true })
  await until('its process runs', () => runs(s, container.id, mark))
  return { raw, streamId: ack.streamId, mark }
}

const exec = (actor: Actor, id: string) => actor.http.post(`/containers/${id}/exec`).send({ command: ['true'] })

async function assertGone(actor: Actor, container: Owned, take: () => Promise<unknown>): Promise<void> {
  expect((await exec(actor, container.id)).status, 'he may, before').toBe(200)
  const { raw, streamId, mark } = await hold(actor, container)
  using _socket = raw
  await take()
  const refused = until('the request is refused', async () => [401, 403, 404].includes((await exec(actor, container.id)).status), REST_MS)
  const cut = until('the stream is cut', () => raw.end(streamId) ?? raw.disconnected, STREAM_MS)
  const ended = until('its process is gone', async () => !(await runs(s, container.id, mark)), STREAM_MS)
  await Promise.all([refused, cut, ended])
  expect(raw.end(streamId) ?? { reason: 'revoked' }).toMatchObject({ reason: 'revoked' })
}

describe('what is lost by', () => {
  it.each(LOSSES)('%s is gone at once', async (_what, make) => {
    const { actor, take } = await make()
    await assertGone(actor, box, take)
  })

  it('a container that goes to another team is gone at once', async () => {
    const moving = await ownedContainer(s, alpha)
    const actor = await developer()
    const db = s.gateway.app.get(Database, { strict: false })
    await assertGone(actor, moving, async () => {
      // no operation moves what has a team: this is what one would have to do
      await db.updateTable('ownership').set({ team_id: beta.id }).where('engine_id', '=', moving.id).execute()
      s.gateway.app.get(AccessChanges, { strict: false }).announce({ teamId: alpha.id })
    })
  })
})

describe('two gateways on one database, without Redis', () => {
  it('refuse at the one within a second what was taken at the other', async () => {
    const postgres = await Postgres.start()
    const databaseUrl = await postgres.database('berth')
    const one = await startGateway({ databaseUrl })
    const two = await startGateway({ databaseUrl })
    try {
      const here = await scenario(one)
      const team = await here.team('pair')
      const ann = await here.user('ann', { pair: 'developer' })
      const there = new Actor(two, { username: ann.username, accessToken: ann.accessToken })
      const list = async () => (await there.http.get(`/containers?team=${team.name}`)).status
      expect(await list()).toBe(200)
      await here.admin.ok('DELETE', `/teams/${team.name}/members/${ann.userId}`)
      await until('the membership counts there', async () => (await list()) !== 200, REST_MS)
      await here.admin.ok('PATCH', `/users/${ann.userId}`, { disabled: true })
      await until('the user counts there', async () => (await there.http.get('/me')).status === 401, REST_MS)
      await here.end()
    } finally {
      await Promise.all([one.stop(), two.stop()])
      await postgres.stop()
    }
  })
})

it('answers over REST that stay open end within two seconds of what another process takes', async () => {
  const actor = await s.user(`dev-${randomBytes(3).toString('hex')}`, { alpha: 'developer', beta: 'developer' })
  const headers = { authorization: `Bearer ${actor.accessToken}` }
  const answers = await Promise.all(
    [`/containers/${box.id}/logs?follow=true`, `/system/events?follow=true&team=${alpha.name}`, '/system/events?follow=true'].map((path) =>
      fetch(`${s.url}/api/v1${path}`, { headers }),
    ),
  )
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
  const db = s.gateway.app.get(Database, { strict: false })
  await setTimeout(1_500)
  // as another gateway process would: nobody here is told
  await db.deleteFrom('memberships').where('user_id', '=', actor.userId!).where('team_id', '=', alpha.id).execute()
  const taken = performance.now()
  const ended = async (answer: Response): Promise<number> => {
    // to its end, or until it is cut
    await answer.text().catch(() => undefined)
    return performance.now() - taken
  }
  for (const after of await Promise.all(answers.map(ended))) expect(after).toBeLessThan(STREAM_MS)
})
