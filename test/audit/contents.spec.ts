/** What is in the log, and what is not: no secret, and nothing older than the retention. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Database } from '../../src/store/database.js'
import { runContainer, type Scenario, scenario, withCmd, withEnv, withName, withTeam } from '../support/scenario.js'
import { rawSocket } from '../streams/support.js'
import { tryLogin } from '../accounts/support/people.js'
import { aRecord, aWriter } from './support/log.js'

let s: Scenario
beforeAll(async () => {
  s = await scenario({ env: { BERTH_AUDIT_RETENTION_DAYS: '30' } })
})
afterAll(() => s?.end())

it('has no password, token, environment value or command line', async () => {
  const secret = `canary-${randomUUID()}`
  const alpha = await s.team('alpha')
  const ann = await s.user('ann', { alpha: 'maintainer' })
  const token = await s.token(ann, ['containers.read', 'containers.exec'])
  await tryLogin(s.gateway, ann.username, `${secret} wrong`).expect(401)
  await tryLogin(s.gateway, `${secret} as the name`, 'x').expect(401)
  await ann.fails('POST', '/me/password', { current: `${secret} wrong`, new: `${secret} new` })
  await s.anonymous.fails('POST', '/auth/refresh', { refreshToken: `${secret} refresh` })
  await s.admin.ok('POST', '/users', { username: `eve-${s.suffix}`, password: `${secret} password`, displayName: secret })
  await ann.fails('POST', '/containers', { image: `${secret}:latest`, pull: 'never', env: [`A=${secret}`], team: alpha.name })
  const web = await runContainer(ann, withTeam(alpha.name), withName('web'), withEnv({ PASSWORD: secret }), withCmd('sleep', '60'))
  using socket = await rawSocket(s.url, { token: ann.accessToken! })
  const params = { container: web.id, command: ['sh', '-c', `: ${secret}`], env: { B: secret } }
  expect(await socket.ask('stream:open', { kind: 'container.exec', params })).toMatchObject({ ok: true })
  await ann.ok('DELETE', `/containers/${web.id}?force=true`)

  const rows = await s.gateway.app.get(Database, { strict: false }).selectFrom('audit').selectAll().execute()
  const text = JSON.stringify(rows)
  expect(rows.some(({ operation, phase }) => operation === 'ContainerExec' && phase === 'opened')).toBe(true)
  for (const hidden of [secret, ann.accessToken, ann.refreshToken, token.accessToken]) expect(text).not.toContain(hidden)
})

it('has nothing that is older than the retention, and a record of its removal', async () => {
  const db = s.gateway.app.get(Database, { strict: false })
  const { store, id } = aWriter(db)
  const day = (n: number) => new Date(Date.now() - n * 86_400_000).toISOString()
  for (const age of [40, 31, 29]) await store.append(aRecord({ at: day(age), target: `${age} days` }))
  await s.gateway.restart()
  const after = () => s.admin.ok<{ items: { target: string | null; principal: string }[] }>('GET', '/audit?operation=AuditRetention')
  await expect.poll(async () => (await after()).items.length, { timeout: 20_000 }).toBe(1)
  const now = s.gateway.app.get(Database, { strict: false })
  const left = await now.selectFrom('audit').select('target').where('process_id', '=', id).execute()
  expect(left).toEqual([{ target: '29 days' }])
  expect((await after()).items[0]).toMatchObject({ principal: 'system' })
  expect(await s.admin.ok('GET', '/audit/verify')).toMatchObject({ intact: true, faults: [] })
})
