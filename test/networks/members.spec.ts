import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Page } from '../containers/support/types.js'
import {
  type Actor,
  type Made,
  runContainer,
  scenario,
  type Scenario,
  withCmd,
  withName,
  withoutStart,
  withSpec,
} from '../support/scenario.js'
import { type Network, run, wipe } from './support.js'

let s: Scenario
let ann: Actor
let ben: Actor

beforeAll(async () => {
  s = await scenario()
  const alpha = await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  ben = await s.user('ben', { beta: 'developer' })
  expect(alpha.name).toContain('alpha')
})
afterAll(() => s?.end())
afterEach(() => wipe(s))

const create = (actor: Actor, name: string, more: object = {}) => actor.ok<Network>('POST', '/networks', { name, ...more })
/** It answers on port 80. */
const serve = (actor: Actor, name: string, more: Record<string, unknown> = {}) =>
  runContainer(actor, withName(name), withCmd('httpd', '-f', '-p', '80'), withSpec(more))
const on = (actor: Actor, network: string, name: string) => serve(actor, name, { network })
const connect = (network: string, body: object) => ann.ok<Network>('POST', `/networks/${network}/connect`, body)
const disconnect = (network: string, body: object) => ann.ok<Network>('POST', `/networks/${network}/disconnect`, body)

/** Does the container resolve and reach the other by that name or address? By TCP: the baseline profile takes the right to ping. */
const reaches = async (from: Made, to: string) => (await run(s, from.id, 'sh', '-c', 'echo | nc -w 2 "$0" 80', to)).code === 0

async function addressOf(actor: Actor, network: string, name: string): Promise<string> {
  const { members } = await actor.ok<Network>('GET', `/networks/${network}`)
  return members.find((member) => member.name === name)!.ip!
}

describe('containers of a team', () => {
  it('find and reach each other by name on their default network', async () => {
    const web = await serve(ann, 'web')
    await serve(ann, 'db')
    const ip = await addressOf(ann, 'default', 'db')
    expect((await run(s, web.id, 'nslookup', 'db')).output).toContain(ip)
    expect(await reaches(web, 'db')).toBe(true)
    expect(await reaches(web, 'nobody')).toBe(false)
  })

  it('find and reach each other on a network of their own, and not across', async () => {
    await create(ann, 'front')
    await create(ann, 'back')
    const web = await on(ann, 'front', 'web')
    await on(ann, 'back', 'db')
    await on(ann, 'front', 'cache')
    expect(await reaches(web, 'cache')).toBe(true)
    expect(await reaches(web, 'db')).toBe(false)
    expect(await reaches(web, await addressOf(ann, 'back', 'db'))).toBe(false)
    await connect('back', { container: 'web' })
    expect(await reaches(web, 'db')).toBe(true)
    await disconnect('back', { container: 'web' })
    expect(await reaches(web, 'db')).toBe(false)
  })

  it('on an internal network reach each other, and no other network', async () => {
    expect(await create(ann, 'vault', { internal: true })).toMatchObject({ internal: true })
    const web = await on(ann, 'vault', 'web')
    await on(ann, 'vault', 'db')
    await serve(ann, 'out')
    expect(await reaches(web, 'db')).toBe(true)
    expect(await reaches(web, await addressOf(ann, 'default', 'out'))).toBe(false)
  })
})

describe('containers of two teams', () => {
  it('are on no common bridge: neither name nor address reaches the other', async () => {
    const web = await serve(ann, 'web')
    const target = await serve(ben, 'target')
    await create(ann, 'front')
    await create(ben, 'front')
    const ip = await addressOf(ben, 'default', 'target')
    for (const network of ['default', 'front']) {
      if (network === 'front') await connect('front', { container: 'web' })
      expect(await reaches(web, 'target')).toBe(false)
      expect(await reaches(web, ip)).toBe(false)
    }
    // what is not there could not be reached in any case
    expect(await reaches(target, ip)).toBe(true)
    expect((await run(s, web.id, 'nslookup', 'target')).output).not.toContain(ip)
  })

  it('of the same name are told apart', async () => {
    const web = await serve(ann, 'web')
    await serve(ann, 'db')
    await serve(ben, 'db')
    const { output } = await run(s, web.id, 'nslookup', 'db')
    expect(output).toContain(await addressOf(ann, 'default', 'db'))
    expect(output).not.toContain(await addressOf(ben, 'default', 'db'))
  })
})

describe('connect', () => {
  it('gives a container further names and the address that was asked for', async () => {
    const { subnet } = await create(ann, 'front')
    const ip = subnet!.replace(/0\/24$/, '77')
    const web = await serve(ann, 'web')
    const other = await on(ann, 'front', 'other')
    const { members } = await connect('front', { container: web.id.slice(0, 12), aliases: ['shop', 'www'], ip })
    expect(members).toEqual([
      expect.objectContaining({ name: 'other' }),
      { id: web.id, name: 'web', running: true, aliases: ['shop', 'www'], ip },
    ])
    for (const name of ['web', 'shop', 'www', ip]) expect(await reaches(other, name)).toBe(true)
    expect((await ann.ok<{ networks: { name: string }[] }>('GET', '/containers/web')).networks.map(({ name }) => name)).toEqual([
      'default',
      'front',
    ])
  })

  it('takes a container that does not run, and it is there when it starts', async () => {
    await create(ann, 'front')
    const web = await runContainer(ann, withName('web'), withCmd('httpd', '-f', '-p', '80'), withoutStart())
    expect(await connect('front', { container: 'web', aliases: ['shop'] })).toMatchObject({
      members: [{ name: 'web', running: false, aliases: ['shop'], ip: null }],
    })
    await ann.ok('POST', '/containers/web/start')
    expect(await reaches(await on(ann, 'front', 'other'), 'shop')).toBe(true)
    expect((await ann.ok<Network>('GET', '/networks/front')).members.find(({ id }) => id === web.id)).toMatchObject({ running: true })
  })

  it('refuses what makes no sense', async () => {
    const { subnet } = await create(ann, 'front')
    const in_ = (last: number) => subnet!.replace(/0\/24$/, String(last))
    await on(ann, 'front', 'other')
    await serve(ann, 'web')
    await runContainer(ann, withName('alone'), withSpec({ network: 'none' }))
    const other = await addressOf(ann, 'front', 'other')
    for (const [body, status, pointer] of [
      [{}, 400, '/container'],
      [{ container: 'nobody' }, 400, '/container'],
      [{ container: 'web', aliases: 'x' }, 400, '/aliases'],
      [{ container: 'web', aliases: ['a b'] }, 400, '/aliases'],
      [{ container: 'web', aliases: ['other'] }, 409, '/aliases/0'],
      [{ container: 'web', ip: '10.0.0.300' }, 400, '/ip'],
      [{ container: 'web', ip: '127.0.0.1' }, 400, '/ip'],
      [{ container: 'web', ip: in_(0) }, 400, '/ip'],
      [{ container: 'web', ip: in_(1) }, 400, '/ip'],
      [{ container: 'web', ip: in_(255) }, 400, '/ip'],
      [{ container: 'web', ip: other }, 409, '/ip'],
      [{ container: 'web', mac: '02:00:00:00:00:01' }, 400, '/mac'],
    ] as const)
      expect(await ann.fails('POST', '/networks/front/connect', body)).toMatchObject({ status, errors: [{ pointer }] })
    expect(await ann.fails('POST', '/networks/front/connect', { container: 'other' })).toMatchObject({ code: 'conflict' })
    expect(await ann.fails('POST', '/networks/front/connect', { container: 'alone' })).toMatchObject({
      code: 'conflict',
      detail: expect.stringContaining('without a network'),
    })
    expect((await ann.ok<Network>('GET', '/networks/front')).members.map(({ name }) => name)).toEqual(['other'])
  })

  it('needs the permission to change containers, too', async () => {
    await create(ann, 'front')
    await serve(ann, 'web')
    const token = await s.token(ann, ['networks.read', 'networks.connect', 'containers.read'])
    expect(await token.fails('POST', '/networks/front/connect', { container: 'web' })).toMatchObject({
      code: 'permission_denied',
      detail: expect.stringContaining('containers.update'),
    })
  })
})

describe('disconnect', () => {
  it('is told when the container is not there', async () => {
    await create(ann, 'front')
    await serve(ann, 'web')
    expect(await ann.fails('POST', '/networks/front/disconnect', { container: 'web' })).toMatchObject({
      code: 'conflict',
      detail: expect.stringContaining('not connected'),
    })
  })

  it('works with force, and for a container that does not run', async () => {
    await create(ann, 'front')
    await on(ann, 'front', 'web')
    await ann.ok('POST', '/containers/web/stop?timeout=0')
    expect(await disconnect('front', { container: 'web', force: true })).toMatchObject({ members: [] })
    await ann.http.delete('/networks/front').expect(204)
  })
})

describe('a rename', () => {
  it('is heard on every network of the team, and keeps aliases and addresses', async () => {
    const { subnet } = await create(ann, 'front')
    const ip = subnet!.replace(/0\/24$/, '88')
    const web = await serve(ann, 'web')
    await connect('front', { container: 'web', aliases: ['shop'], ip })
    const near = await serve(ann, 'near')
    const far = await on(ann, 'front', 'far')
    expect(await ann.ok('POST', '/containers/web/rename', { name: 'site' })).toMatchObject({ connectionsReset: true })
    expect(await reaches(near, 'site')).toBe(true)
    for (const name of ['site', 'shop', ip]) expect(await reaches(far, name)).toBe(true)
    for (const from of [near, far]) expect(await reaches(from, 'web')).toBe(false)
    expect((await ann.ok<Network>('GET', '/networks/front')).members.find(({ id }) => id === web.id)).toMatchObject({
      name: 'site',
      aliases: ['shop'],
      ip,
    })
  })

  it('of a container that does not run resets nothing, and counts when it starts', async () => {
    await create(ann, 'front')
    await runContainer(ann, withName('web'), withCmd('httpd', '-f', '-p', '80'), withoutStart(), withSpec({ network: 'front' }))
    expect(await ann.ok('POST', '/containers/web/rename', { name: 'site' })).toMatchObject({ connectionsReset: false })
    await ann.ok('POST', '/containers/site/start')
    expect(await reaches(await on(ann, 'front', 'far'), 'site')).toBe(true)
    expect((await ann.ok<Page<Network>>('GET', '/networks?name=front')).items[0]!.members.map(({ name }) => name)).toEqual(['far', 'site'])
  })
})
