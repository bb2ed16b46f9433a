import { describe, expect, it } from 'vitest'
import type { AppError } from '../../common/errors.js'
import { CONTAINER_FIELDS } from './container-fields.js'
import { FieldTable, judge } from './judge.js'
import { type JudgeContext, NOTHING_GRANTED, type Profile } from './rule.js'

const table = new FieldTable(CONTAINER_FIELDS)
const GiB = 1024 ** 3

function context(profile: Profile): JudgeContext {
  return {
    profile,
    limits: { memory: 8 * GiB, nanoCpus: 4e9, pids: 4096, portRange: [1024, 65_535], openFiles: 1_048_576 },
    granted: NOTHING_GRANTED,
    own: {
      volumes: new Set(['v1']),
      containers: new Set(['a'.repeat(64)]),
      linked: new Set(['0123456789ab']),
      networks: new Set(['alpha--net']),
      exports: new Map([
        ['/srv/rw', { readOnly: false }],
        ['/srv/ro', { readOnly: true }],
      ]),
      defaultNetwork: 'alpha--net',
    },
  }
}

function build(spec: unknown, profile: Profile = 'baseline', apiVersion = '1.41'): Record<string, Record<string, unknown>> {
  return judge(table, spec, { context: context(profile), apiVersion }) as Record<string, Record<string, unknown>>
}

function refused(spec: unknown, profile: Profile = 'baseline', apiVersion = '1.41'): AppError {
  try {
    build(spec, profile, apiVersion)
  } catch (error) {
    return error as AppError
  }
  throw new Error('it was taken')
}

describe('judge', () => {
  it('writes every security default out for an empty spec', () => {
    expect(build({})['HostConfig']).toMatchObject({
      Privileged: false,
      CapDrop: ['NET_RAW', 'MKNOD'],
      SecurityOpt: ['no-new-privileges'],
      PidMode: '',
      IpcMode: 'private',
      UsernsMode: '',
      CgroupnsMode: 'private',
      Memory: 2 * GiB,
      NanoCpus: 2e9,
      PidsLimit: 1024,
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    })
    expect(build({}, 'restricted')['HostConfig']).toMatchObject({ CapDrop: ['ALL'], Memory: GiB / 2, NanoCpus: 1e9, PidsLimit: 256 })
  })

  it.each<[string, object, string]>([
    ['privileged', { HostConfig: { Privileged: true } }, '/HostConfig/Privileged'],
    ['a host path', { HostConfig: { Binds: ['/:/host'] } }, '/HostConfig/Binds'],
    ['the host network', { HostConfig: { NetworkMode: 'host' } }, '/HostConfig/NetworkMode'],
    ['the shared bridge', { HostConfig: { NetworkMode: 'bridge' } }, '/HostConfig/NetworkMode'],
    ["another team's network", { HostConfig: { NetworkMode: 'beta--net' } }, '/HostConfig/NetworkMode'],
    ['the host pids', { HostConfig: { PidMode: 'host' } }, '/HostConfig/PidMode'],
    ["another's ipc", { HostConfig: { IpcMode: `container:${'b'.repeat(64)}` } }, '/HostConfig/IpcMode'],
    ['a capability', { HostConfig: { CapAdd: ['CAP_SYS_ADMIN'] } }, '/HostConfig/CapAdd'],
    ['no seccomp', { HostConfig: { SecurityOpt: ['seccomp=unconfined'] } }, '/HostConfig/SecurityOpt'],
    ['a device', { HostConfig: { Devices: [{ PathOnHost: '/dev/sda' }] } }, '/HostConfig/Devices'],
    ['a sysctl of the host', { HostConfig: { Sysctls: { 'kernel.core_pattern': '|/x' } } }, '/HostConfig/Sysctls'],
    ['unmasked paths', { HostConfig: { MaskedPaths: ['/x'] } }, '/HostConfig/MaskedPaths'],
    [
      'a volume driver with options',
      { HostConfig: { Mounts: [{ Type: 'volume', Target: '/x', VolumeOptions: { DriverConfig: { Name: 'local' } } }] } },
      '/HostConfig/Mounts/0/VolumeOptions/DriverConfig',
    ],
    ['a working directory in /proc', { WorkingDir: '/proc/self/fd/8' }, '/WorkingDir'],
    ['our labels', { Labels: { 'Berth.uid': 'x' } }, '/Labels/Berth.uid'],
    ['a low port', { HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '80' }] } } }, '/HostConfig/PortBindings/80~1tcp/0/HostPort'],
    ['too much memory', { HostConfig: { Memory: 64 * GiB } }, '/HostConfig/Memory'],
    ['root in a restricted team', { User: '0' }, '/User'],
  ])('refuses %s, and says where', (_, spec, path) => {
    const error = refused(spec, path === '/User' ? 'restricted' : 'baseline')
    expect(error.code).toBe('POLICY_DENIED')
    expect(error.details.violations?.map((violation) => violation.path)).toEqual([path])
  })

  it('reports all violations together', () => {
    const error = refused({ HostConfig: { Privileged: true, PidMode: 'host', NetworkMode: 'host' } })
    expect(error.details.violations).toHaveLength(3)
  })

  it.each<[string, unknown, string]>([
    ['a field that has no row', { Foo: 1 }, '/Foo'],
    ['a field in another case', { hostconfig: {} }, '/hostconfig'],
    ['a field of the old top level', { Binds: ['/:/x'] }, '/Binds'],
    ['a list for an object', { HostConfig: [] }, '/HostConfig'],
    ['an object for a list', { Cmd: { 0: 'sh' } }, '/Cmd'],
    ['a text for a list', { Cmd: 'sh' }, '/Cmd'],
    ['a number for a text', { Hostname: 1 }, '/Hostname'],
    ['an unknown field deep inside', { HostConfig: { Mounts: [{ Type: 'volume', Target: '/x', Foo: 1 }] } }, '/HostConfig/Mounts/0/Foo'],
    ['an own __proto__', JSON.parse('{"__proto__": {"Privileged": true}}'), '/__proto__'],
    ['a body that is no object', [], ''],
  ])('answers INVALID_REQUEST for %s', (_, spec, pointer) => {
    const error = refused(spec)
    expect(error.code).toBe('INVALID_REQUEST')
    expect(error.details.errors?.[0]?.pointer).toBe(pointer)
  })

  it('refuses a field that this engine does not have, unless it says nothing', () => {
    expect(refused({ HostConfig: { Annotations: { a: 'b' } } }, 'privileged', '1.41').code).toBe('INVALID_REQUEST')
    expect(() => build({ HostConfig: { Annotations: {} } }, 'baseline', '1.41')).not.toThrow()
  })

  it('takes what the engine clients send for "not given"', () => {
    const cli = {
      Hostname: '',
      Tty: false,
      Cmd: null,
      HostConfig: {
        Privileged: false,
        Binds: null,
        CapAdd: null,
        PidMode: '',
        Devices: [],
        MaskedPaths: null,
        ReadonlyPaths: null,
        RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
      },
    }
    expect(() => build(cli)).not.toThrow()
  })

  it('builds a new body: nothing of the client is in it by reference', () => {
    const spec = { Labels: { a: 'b' }, HostConfig: { Mounts: [{ Type: 'volume', Source: 'v1', Target: '/data' }] } }
    const body = build(spec)
    expect(body['HostConfig']!['Mounts']).toEqual([{ Type: 'volume', Source: 'v1', Target: '/data', ReadOnly: false }])
    expect(body['HostConfig']).not.toBe(spec.HostConfig)
  })
})
