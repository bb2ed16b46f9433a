/** What must never be, planted one by one with true rows and witnesses: the sweep finds each, and nothing where there is nothing. */
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../../scripts/setup.mjs'
import { GatewayProcess } from '../faults/support/gateway-process.js'
import { Postgres } from '../support/postgres.js'
import { type End, Plant } from './support/plant.js'
import { SweptHost } from './support/swept-host.js'

let host: SweptHost
let plant: Plant
beforeAll(async () => {
  host = await SweptHost.start()
  const victim = await host.populate('victim', { profile: 'baseline' })
  const other = await host.populate('other', { profile: 'baseline' })
  await host.gateway.terminate()
  plant = new Plant(host, victim, other)
}, 120_000)
afterAll(async () => {
  plant?.close()
  await host?.end()
})

async function assertFound(plants: () => Promise<End> | End, told: RegExp): Promise<void> {
  const end = await plants()
  try {
    const { code, output } = await host.sweep(['--once'])
    expect(code, output).toBe(1)
    expect(output).toMatch(told)
  } finally {
    await end()
  }
}

const inHost = (fields: object) => ({ HostConfig: fields })
const DEVICE = { PathOnHost: '/dev/null', PathInContainer: '/dev/x', CgroupPermissions: 'rwm' }
const volume = (Source: string, more: object = {}) => inHost({ Mounts: [{ Type: 'volume', Source, Target: '/x', ...more }] })

const SPECS: readonly [what: string, spec: object, told: RegExp][] = [
  ['privileged', inHost({ Privileged: true }), /HostConfig\.Privileged/],
  ['a bind mount of the host', inHost({ Binds: ['/etc:/host'] }), /HostConfig\.Binds[\s\S]*the bind \/etc/],
  [
    'a mount of the host',
    inHost({ Mounts: [{ Type: 'bind', Source: '/etc', Target: '/host' }] }),
    /HostConfig\.Mounts: the host folder \/etc/,
  ],
  ['the network of the host', inHost({ NetworkMode: 'host' }), /HostConfig\.NetworkMode[\s\S]*the network host/],
  ["the engine's own bridge", {}, /the network bridge that it is on/],
  ['the processes of the host', inHost({ PidMode: 'host' }), /HostConfig\.PidMode/],
  ['the memory of the host', inHost({ IpcMode: 'host' }), /HostConfig\.IpcMode/],
  ['the name of the host', inHost({ UTSMode: 'host' }), /HostConfig\.UTSMode/],
  ['the control groups of the host', inHost({ CgroupnsMode: 'host' }), /HostConfig\.CgroupnsMode/],
  ['a control group of its own', inHost({ CgroupParent: '/evil' }), /HostConfig\.CgroupParent/],
  ['a capability', inHost({ CapAdd: ['SYS_ADMIN'] }), /HostConfig\.CapAdd: SYS_ADMIN/],
  ['nothing dropped', {}, /HostConfig\.CapDrop: does not drop/],
  ['nothing unmasked', inHost({ MaskedPaths: [], ReadonlyPaths: [] }), /HostConfig\.MaskedPaths[\s\S]*HostConfig\.ReadonlyPaths/],
  ['seccomp off', inHost({ SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'] }), /HostConfig\.SecurityOpt: seccomp=unconfined/],
  ['new privileges', {}, /no-new-privileges is missing/],
  ['a device', inHost({ Devices: [DEVICE] }), /HostConfig\.Devices/],
  ['a rule for devices', inHost({ DeviceCgroupRules: ['a *:* rwm'] }), /HostConfig\.DeviceCgroupRules/],
  ['a sysctl of all', inHost({ Sysctls: { 'net.ipv4.ip_forward': '1' } }), /HostConfig\.Sysctls/],
  ['a port below its range', inHost({ PortBindings: { '80/tcp': [{ HostPort: '80' }] } }), /HostConfig\.PortBindings: the host port 80/],
  ['any port', inHost({ PublishAllPorts: true }), /HostConfig\.PublishAllPorts/],
  ['a name server of its own', inHost({ Dns: ['192.0.2.1'] }), /HostConfig\.Dns/],
  ['logs that go elsewhere', inHost({ LogConfig: { Type: 'syslog' } }), /HostConfig\.LogConfig: the driver syslog/],
  ['no bounds', {}, /memory without a bound[\s\S]*processes without a bound/],
  ['a volume of another team', volume('other--data'), /the volume other--data is not the team's/],
  [
    'a volume with a driver of its own',
    volume('', { VolumeOptions: { DriverConfig: { Name: 'local', Options: { type: 'none', o: 'bind', device: '/etc' } } } }),
    /a volume with a driver of its own/,
  ],
]

describe('a container with', () => {
  let lines: readonly string[] = []
  const names = new Map<object, string>()
  // all of them at once: each is found by its own name
  beforeAll(async () => {
    const planted = await Promise.all(SPECS.map(([, spec]) => plant.container(spec)))
    for (const [at, { name }] of planted.entries()) names.set(SPECS[at]![1], name)
    const { code, output } = await host.sweep(['--once'])
    expect(code, output).toBe(1)
    lines = output.split('\n')
    for (const { end } of planted) await end()
  })

  it.each(SPECS)('%s is found', (_, spec, told) => {
    const own = lines.filter((line) => line.startsWith(`wrong: container victim--${names.get(spec)} `))
    expect(own.join('\n')).toMatch(told)
  })
})

const OTHERS: readonly [what: string, plants: () => Promise<End> | End, told: RegExp][] = [
  ['a container that says it is ours, and has no row', () => plant.unowned({ Labels: { 'berth.uid': randomUUID() } }), /is in quarantine/],
  [
    'a row without an object',
    () => plant.row({ kind: 'volume', uid: randomUUID(), name: 'ghost', engine_id: 'victim--ghost' }),
    /the row of volume ghost of team victim stands for nothing/,
  ],
  [
    'an object with two rows',
    () => plant.row({ kind: 'container', uid: randomUUID(), name: 'twin', engine_id: plant.web().engine_id, holds_name: null }),
    /container victim--web \([0-9a-f]{12}\) has 2 owners/,
  ],
  [
    'a row that went to another team',
    () => {
      const { uid } = plant.web()
      plant.give(uid, plant.other, 'stolen')
      return () => plant.give(uid, plant.victim, 'web')
    },
    /its witness proves nothing/,
  ],
  [
    'a container that was put on a network of another team',
    async () => {
      const networks = await plant.json<{ Id: string; Name: string }[]>('GET', '/networks')
      const { Id } = networks.find(({ Name }) => Name === 'other--inner')!
      await plant.call('POST', `/networks/${Id}/connect`, { Container: plant.web().engine_id })
      return () => plant.call('POST', `/networks/${Id}/disconnect`, { Container: plant.web().engine_id, Force: true })
    },
    /the network other--inner that it is on is not the team's/,
  ],
  [
    'a limit that was lifted beside the gateway',
    async () => {
      const path = `/containers/${plant.web().engine_id}`
      const { HostConfig } = await plant.json<{ HostConfig: { PidsLimit: number } }>('GET', `${path}/json`)
      await plant.call('POST', `${path}/update`, { PidsLimit: -1 })
      return () => plant.call('POST', `${path}/update`, { PidsLimit: HostConfig.PidsLimit })
    },
    /HostConfig\.PidsLimit: processes without a bound/,
  ],
  [
    'a privileged command in a container',
    async () => {
      const path = `/containers/${plant.web().engine_id}`
      await plant.json('POST', `${path}/exec`, { Cmd: ['sleep', '600'], Privileged: true })
      // what was made of it goes with its container's run
      return () => plant.call('POST', `${path}/restart?t=1`)
    },
    /container victim--web .*: a privileged command runs in it/,
  ],
  [
    'a holding tag that nobody holds',
    async () => {
      const image = await plant.json<{ Id: string }>('GET', `/images/${plant.tag('docker.io/library/busybox:1')}:h/json`)
      await plant.call('POST', `/images/${image.Id}/tag?repo=${plant.tag('nothing')}&tag=h`)
      return () => plant.call('DELETE', `/images/${plant.tag('nothing')}:h`)
    },
    /stands for no reference of a team/,
  ],
  [
    'a reference whose content nothing holds',
    async () => {
      const tag = plant.tag('docker.io/library/busybox:1')
      const { Id } = await plant.json<{ Id: string }>('GET', `/images/${tag}:h/json`)
      await plant.call('DELETE', `/images/${tag}:h`)
      return () => plant.call('POST', `/images/${Id}/tag?repo=${tag}&tag=h`)
    },
    /docker\.io\/library\/busybox:1 has no tag that holds its content/,
  ],
  [
    'a volume that is a folder of the host',
    () => plant.volume({ Driver: 'local', DriverOpts: { type: 'none', o: 'bind', device: '/etc' } }),
    /volume victim--bad: its driver is not local, or has options/,
  ],
  [
    'a volume that the engine made of a name of a team, without a label',
    async () => {
      await plant.call('POST', '/volumes/create', { Name: 'victim--stray' })
      return () => plant.call('DELETE', '/volumes/victim--stray')
    },
    /volume victim--stray .* is called as one of team victim, and is nobody's/,
  ],
  [
    'a network on a range that was not reserved',
    () => plant.network({ IPAM: { Config: [{ Subnet: '198.18.7.0/24' }] } }),
    /network victim--bad: the range 198\.18\.7\.0\/24 is not the one/,
  ],
  [
    'a network that is a bridge of the host',
    () => plant.network({ Options: { 'com.docker.network.bridge.name': 'evil0' } }),
    /network victim--bad: the option com\.docker\.network\.bridge\.name/,
  ],
]

describe('what must never be:', () => {
  it.each(OTHERS)('%s is found', (_, plants, told) => assertFound(plants, told))
})

describe('the command', () => {
  it('ends with 0 where nothing is planted', () => host.assertInOrder('--once'))

  it("leaves to the operator what he makes beside the gateway: it is nobody's, and in order", async () => {
    const end = await plant.unowned({ HostConfig: { Privileged: true } })
    try {
      expect(await host.assertInOrder('--once')).toMatch(/note: \d+ belong to nobody/)
    } finally {
      await end()
    }
  })

  it('writes its findings as JSON', async () => {
    const findings = JSON.parse(await host.assertInOrder('--once', '--json')) as { faults: string[]; containers: number }
    expect(findings).toMatchObject({ faults: [], containers: 5 })
  })

  it('run by cron as docs/security.md has it, is silent in order, and tells what is not', async () => {
    const [, line = ''] =
      /^15 3 \* \* \* +berth +cd \/opt\/berth && (.+)$/m.exec(readFileSync(join(ROOT, 'docs/security.md'), 'utf8')) ?? []
    const env = { PATH: process.env['PATH'], BERTH_DOCKER_HOST: host.engine.dockerHost, BERTH_DATA_DIR: host.gateway.dataDir }
    const cron = () => execFileSync('sh', ['-c', line], { cwd: ROOT, env, encoding: 'utf8' })
    expect(cron()).toBe('')
    const end = await plant.unowned({ Labels: { 'berth.uid': randomUUID() } })
    try {
      expect(cron()).toMatch(/^wrong: container .* is in quarantine\n1 wrong, of /)
    } finally {
      await end()
    }
  })

  it('reads PostgreSQL as well, where all of another gateway is in quarantine', async () => {
    const postgres = await Postgres.start()
    const settings = { BERTH_DATABASE_URL: await postgres.database('berth') }
    const gateway = await GatewayProcess.start({ dockerHost: host.engine.dockerHost, env: settings })
    try {
      await gateway.terminate()
      const { code, output } = await host.sweep(['--once'], settings)
      expect(code, output).toBe(1)
      expect(output).toMatch(/wrong: container victim--web \([0-9a-f]{12}\) says that it is ours, and no row says so: it is in quarantine/)
    } finally {
      await gateway.stop()
      await postgres.stop()
    }
  })

  it.each([
    ['there is no engine', ['--once'], { BERTH_DOCKER_HOST: 'unix:///nowhere/d.sock' }, /\/nowhere\/d\.sock/],
    ['an option is not understood', ['--twice'], {}, /not understood: --twice/],
  ])('ends with 2 and says why where %s', async (_, options, env, told) => {
    const { code, output } = await host.sweep(options, env)
    expect(code, output).toBe(2)
    expect(output).toMatch(told)
  })
})
