/** Who got a right, and which role, user or token was changed: the records alone must tell. */
import { expect, it } from 'vitest'
import { adminOf, gatewayAlone, type Items, person } from '../accounts/support/people.js'

interface AuditItem {
  readonly operation: string
  readonly phase: string
  readonly team: string | null
  readonly target: string | null
}

it('names whom a change of rights is about, in the intent and in the outcome', async () => {
  await using gateway = await gatewayAlone()
  const admin = await adminOf(gateway)
  const eve = await person(admin, 'eve')
  const blue = await admin.ok<{ id: string }>('POST', '/teams', { name: 'blue' })
  await admin.ok('PUT', '/teams/blue/members/eve', { role: 'maintainer' })
  await admin.ok('DELETE', '/teams/blue/members/eve')
  await eve.http.put('/teams/blue/members/eve').send({ role: 'maintainer' }).expect(404)
  await admin.ok('POST', '/roles', { name: 'ops', scope: 'host', permissions: ['containers.read'] })
  await eve.http.delete('/roles/ops').expect(403)
  await admin.ok('PATCH', '/roles/ops', { permissions: ['containers.read', 'images.read'] })
  await admin.ok('PATCH', '/users/eve', { hostRole: 'ops' })
  await admin.ok('PATCH', '/users/eve', { hostRole: null })
  await admin.ok('DELETE', '/roles/ops')
  const ci = await admin.ok<{ id: string }>('POST', '/service-accounts', { team: 'blue', name: 'ci', role: 'developer' })
  const key = await admin.ok<{ id: string }>('POST', `/service-accounts/${ci.id}/tokens`, {
    name: 'deploy',
    permissions: ['containers.read'],
  })
  await admin.ok('DELETE', `/service-accounts/${ci.id}/tokens/${key.id}`)
  const mine = await admin.ok<{ id: string }>('POST', '/me/tokens', { name: 'laptop', permissions: ['containers.read'] })
  await admin.ok('DELETE', `/me/tokens/${mine.id}`)
  await admin.ok('DELETE', '/users/eve')

  const { items } = await admin.ok<Items<AuditItem>>('GET', '/audit?limit=200')
  const told = (phase: string) =>
    items
      .toReversed()
      .filter((record) => record.phase === phase && record.operation !== 'AuthLogin')
      .map(({ operation, team, target }) => [operation, team, target])
  const account = `sa.blue.ci (${ci.id})`
  const user = `eve (${eve.userId})`
  const expected = [
    ['UserCreate', null, 'eve'],
    ['TeamCreate', null, 'blue'],
    ['MemberPut', 'blue', 'eve: maintainer'],
    ['MemberDelete', 'blue', 'eve'],
    ['RoleCreate', null, 'ops'],
    ['RoleUpdate', null, 'ops'],
    ['UserUpdate', null, `${user}: ops`],
    ['UserUpdate', null, `${user}: no host role`],
    ['RoleDelete', null, 'ops'],
    ['ServiceAccountCreate', 'blue', 'ci: developer'],
    ['ServiceTokenCreate', 'blue', `${account}: deploy`],
    ['ServiceTokenDelete', 'blue', `${account}: ${key.id}`],
    ['TokenCreate', null, 'laptop'],
    ['TokenDelete', null, mine.id],
    ['UserDelete', null, user],
  ]
  const ours = (all: ReturnType<typeof told>) => all.slice(all.findIndex(([operation]) => operation === 'UserCreate'))
  expect(ours(told('intent'))).toEqual(expected)
  // what was made has an id then, by which later records name it
  const made: Record<string, string> = {
    UserCreate: `eve (${eve.userId})`,
    TeamCreate: `blue (${blue.id})`,
    ServiceAccountCreate: `ci: developer (${ci.id})`,
    ServiceTokenCreate: `${account}: deploy (${key.id})`,
    TokenCreate: `laptop (${mine.id})`,
  }
  expect(ours(told('outcome'))).toEqual(expected.map(([operation, team, target]) => [operation, team, made[operation!] ?? target]))
  expect(told('denied')).toEqual([
    ['MemberPut', null, 'blue: eve: maintainer'],
    ['RoleDelete', null, 'ops'],
  ])
  expect(await admin.ok('GET', '/audit/verify')).toMatchObject({ intact: true, faults: [] })
})
