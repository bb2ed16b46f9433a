import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { imageWith, inspect, runBeside, until } from '../containers/support/engine.js'
import type { Container, Page } from '../containers/support/types.js'
import type { Actor } from '../support/actor.js'
import { bed } from '../support/bed.js'
import { engineCall, engineJson } from '../support/engine-http.js'
import {
  BASE_IMAGE,
  runContainer,
  scenario,
  type Scenario,
  type Team,
  withImage,
  withName,
  withoutStart,
  withPort,
  withSpec,
} from '../support/scenario.js'
import { inHours, rules, setProfile } from './support.js'

let s: Scenario
let alpha: Team
let ann: Actor
let ben: Actor

beforeAll(async () => {
  s = await scenario({ env: { BERTH_PUBLISH_ADDRESS: '127.0.0.1' } })
  alpha = await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  ben = await s.user('ben', { beta: 'developer' })
})
afterAll(() => s?.end())
afterEach(async () => {
  for (const { id } of (await s.admin.ok<Page<Container>>('GET', '/containers?all=true')).items)
    await s.admin.http.delete(`/containers/${id}?force=true&volumes=true`)
})

type Binding = { HostIp: string; HostPort: string }
const bindings = async (id: string) => (await inspect(id)).HostConfig['PortBindings'] as Record<string, Binding[]>
const asks = (...ports: object[]) => ({ image: BASE_IMAGE, command: ['sleep', '300'], ports })
const refused = (who: Actor, ...ports: object[]) => who.fails('POST', '/containers', asks(...ports))

describe('a host port', () => {
  it('belongs to the container that has it, also while that does not run', async () => {
    await runContainer(ann, withName('web'), withPort(80, 18_100), withoutStart())
    const problem = await refused(ben, { container: 80, host: 18_100 })
    expect(problem).toMatchObject({ status: 409, code: 'port_in_use', errors: [{ pointer: '/ports/0/host' }] })
    expect(JSON.stringify(problem)).not.toMatch(/web|alpha/)
    await ann.ok('POST', '/containers/web/start')
    expect(await refused(ben, { container: 80, host: 18_100 })).toMatchObject({ code: 'port_in_use' })
  })

  it('is the same where its address is written as IPv6, as the engine takes it', async () => {
    await runContainer(ann, withName('own'), withPort(80, 18_130), withoutStart())
    for (const hostIp of ['::ffff:127.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:7f00:1', '::ffff:0.0.0.0'])
      expect(await refused(ben, { container: 80, host: 18_130, hostIp }), hostIp).toMatchObject({ code: 'port_in_use' })
    await ann.ok('POST', '/containers/own/start')
  })

  it('is another one by address and protocol, and the same by a wildcard', async () => {
    await ann.ok('POST', '/containers', asks({ container: 80, host: 18_101, hostIp: '127.0.0.2' }))
    await ben.ok('POST', '/containers', asks({ container: 80, host: 18_101, hostIp: '127.0.0.3' }))
    await ben.ok('POST', '/containers', asks({ container: 53, host: 18_101, hostIp: '127.0.0.2', protocol: 'udp' }))
    for (const hostIp of ['127.0.0.2', '0.0.0.0', '::'])
      expect(await refused(ben, { container: 80, host: 18_101, hostIp }), hostIp).toMatchObject({ code: 'port_in_use' })
    await ben.ok('POST', '/containers', asks({ container: 80, host: 18_102, hostIp: '0:0:0:0:0:0:0:1' }))
    expect(await refused(ann, { container: 80, host: 18_102, hostIp: '::1' })).toMatchObject({ code: 'port_in_use' })
  })

  it('goes to one of many who ask at the same time', async () => {
    const who = (at: number) => (at % 2 === 0 ? ann : ben)
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, at) =>
        who(at)
          .http.post('/containers')
          .send(asks({ container: 80, host: 18_103 })),
      ),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(11)
  })

  it('is free again when its container is removed, also beside the gateway', async () => {
    const first = await runContainer(ann, withPort(80, 18_104), withoutStart())
    await ann.http.delete(`/containers/${first.id}`).expect(204)
    const second = await runContainer(ben, withPort(80, 18_104), withoutStart())
    await engineJson(bed().socketPath, 'DELETE', `/containers/${second.id}`)
    await until(
      'the port is free',
      async () => (await ann.http.post('/containers').send(asks({ container: 80, host: 18_104 }))).status === 201,
    )
  })

  it('is free again when the creation failed', async () => {
    const spec = { ...asks({ container: 80, host: 18_105 }), command: ['/no/such/command'] }
    expect(await ann.fails('POST', '/containers?start=true', spec)).toMatchObject({ code: 'start_failed' })
    await ben.ok('POST', '/containers', asks({ container: 80, host: 18_105 }))
  })

  it('is not free while something beside the gateway has it', async () => {
    await runBeside(s, { HostConfig: { PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '18106' }] } } })
    await until('it is seen', async () => (await refusedOrMade(18_106)) === 'port_in_use')
  })

  it('is told by a dry run, and not taken by it', async () => {
    const dry = (host: number) => ben.http.post('/containers?dryRun=true').send(asks({ container: 80, host }))
    await dry(18_107).expect(204)
    await runContainer(ann, withPort(80, 18_107), withoutStart())
    expect((await dry(18_107).expect(409)).body).toMatchObject({ code: 'port_in_use' })
  })

  it('is one of 20 at most', async () => {
    const many = Array.from({ length: 21 }, (_, at) => ({ container: 80, host: 18_200 + at }))
    expect(rules(await refused(ann, ...many))).toHaveProperty('/ports')
    await ann.ok('POST', '/containers', asks(...many.slice(1)))
  })
})

describe('a free port', () => {
  it('is chosen by us, bound where the setting says, and stays over restarts', async () => {
    const made = (await runContainer(ann, withName('web'), withPort(80))) as unknown as Container
    const [port] = made.ports
    expect(port!.host).toBeGreaterThanOrEqual(20_000)
    expect(port!.host).toBeLessThan(30_000)
    expect(port!.hostIp).toBe('127.0.0.1')
    await ann.http.post('/containers/web/restart?timeout=0').expect(200)
    expect((await ann.ok<Container>('GET', '/containers/web')).ports).toEqual([port])
  })

  it('comes for each that the image exposes, with publishAll', async () => {
    const image = await imageWith(s, alpha, { ExposedPorts: { '8080/tcp': {}, '53/udp': {} } })
    const { id } = await runContainer(ann, withImage(image), withSpec({ publishAll: true }), withoutStart())
    const published = await bindings(id)
    expect(Object.keys(published).sort()).toEqual(['53/udp', '8080/tcp'])
    for (const [binding] of Object.values(published)) {
      expect(Number(binding!.HostPort)).toBeGreaterThanOrEqual(20_000)
      expect(binding!.HostIp).toBe('127.0.0.1')
    }
  })

  it("comes from the team's own range, and is never what the request names beside it", async () => {
    await setProfile(s, alpha, { profile: 'baseline', granted: { portRange: { first: 31_000, last: 31_002 } } })
    const { id } = await runContainer(ann, withPort(80), withPort(81), withPort(82, 31_001), withoutStart())
    const ports = Object.values(await bindings(id)).map(([binding]) => binding!.HostPort)
    expect(ports.sort()).toEqual(['31000', '31001', '31002'])
    expect(await refused(ann, { container: 80 })).toMatchObject({ code: 'conflict', detail: expect.stringContaining('31000 to 31002') })
    await setProfile(s, alpha, { profile: 'baseline' })
  })

  it('is another one where something else on the host has it', async () => {
    await setProfile(s, alpha, { profile: 'baseline', granted: { portRange: { first: 31_100, last: 31_103 } } })
    // on the host's own network the engine knows nothing of its ports
    const listen = 'for port in 31100 31101 31102; do nc -ll -p $port -e true & done'
    const ready = 'until [ $(netstat -ltn | grep -c :3110) = 3 ]; do sleep 0.1; done; echo ready; wait'
    const { id } = await runBeside(s, { Cmd: ['sh', '-c', `${listen}; ${ready}`], HostConfig: { NetworkMode: 'host' } })
    const logs = async () => (await engineCall(bed().socketPath, 'GET', `/containers/${id}/logs?stdout=true`)).body
    await until('the ports are in use', async () => (await logs()).includes('ready'))
    const made = (await runContainer(ann, withPort(80))) as unknown as Container
    expect(made.ports).toMatchObject([{ host: 31_103 }])
    await setProfile(s, alpha, { profile: 'baseline' })
  })
})

describe('ports of the host itself', () => {
  it('are for the privileged, as far as they are free', async () => {
    expect(rules(await refused(ann, { container: 80, host: 81 }))).toHaveProperty('/ports/0/host')
    await setProfile(s, alpha, { profile: 'privileged', expiresAt: inHours(1) })
    await ann.ok('POST', '/containers', asks({ container: 80, host: 81 }))
    expect(await refused(ann, { container: 80, host: 81 })).toMatchObject({ code: 'port_in_use' })
    await setProfile(s, alpha, { profile: 'baseline' })
  })
})

async function refusedOrMade(host: number): Promise<string | undefined> {
  const { body } = await ann.http.post('/containers').send(asks({ container: 80, host }))
  return (body as { code?: string }).code
}
