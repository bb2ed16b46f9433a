/**
 * Random specs in the engine's shape: the names come from its own description (test/contract/engine-fields.json), the values
 * from what an honest client sends, from what an attacker would, and from what neither would.
 */
import fc from 'fast-check'
import { readFileSync } from 'node:fs'

type Fields = Readonly<Record<string, string>>

const ENGINE = JSON.parse(readFileSync(new URL('../../contract/engine-fields.json', import.meta.url), 'utf8')) as {
  readonly bodies: Readonly<Record<string, Fields>>
  readonly schemas: Readonly<Record<string, Fields>>
}

/** What the team of the properties has. */
export const OWN = {
  container: 'c'.repeat(64),
  volume: 'team--data',
  network: 'team--default',
  folder: '/srv/export',
  readOnlyFolder: '/srv/export-ro',
} as const
const FOREIGN = { container: 'f'.repeat(64), volume: 'other--data', network: 'other--default' } as const
const MIB = 1024 * 1024

const some = <T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values)
const lists = <T>(...values: readonly T[]): fc.Arbitrary<T[]> => fc.array(some(...values), { maxLength: 3 })

/** Of these fields the values are chosen, so that they are about something. */
const POOLS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  Image: some(`sha256:${'a'.repeat(64)}`),
  Cmd: lists('sh', '-c', 'true', 'a\u0000b'),
  Entrypoint: lists('sh', ''),
  Env: lists('A=b', 'PATH=/bin', 'x'),
  User: some('', '0', 'root', '1000', '1000:1000', '0:0', '1:0', 'nobody', '00'),
  WorkingDir: some('/', '/app', '/proc/self/fd/8', '/sys', '/app/../dev', 'relative', '//proc', '/app/.', ''),
  Hostname: some('web', '-x', 'a.b', ''),
  StopSignal: some('SIGTERM', 'TERM', '9', 'SIG;rm'),
  StopTimeout: some(0, 10, 120, 121, 300, 301, 600, 601, -1),
  Volumes: fc.dictionary(some('/data', '/', '/proc', '/dev/shm', 'x', '/../etc'), some({}), { maxKeys: 2 }),
  ExposedPorts: fc.dictionary(some('80/tcp', '80', '99999/tcp', 'x'), some({}), { maxKeys: 2 }),
  Labels: fc.dictionary(some('a', 'berth.uid', 'BERTH.x', 'com.docker.compose.project', 'com.docker.x', ''), some('b', ''), { maxKeys: 2 }),
  NetworkDisabled: some(true, false),
  MacAddress: some('02:42:ac:11:00:02', ''),
  Healthcheck: fc.record(
    {
      Test: some(['CMD', 'true'], ['NONE'], ['CMD-SHELL', 'x'], []),
      Interval: some(0, 1, 1_000_000, 1_000_000_000, 5_000_000_000, -1),
      Timeout: some(0, 1_000_000_000),
      Retries: some(0, 3),
    },
    { requiredKeys: [] },
  ),
  Privileged: some<unknown>(true, false, 'true', 1),
  CapAdd: lists('ALL', 'SYS_ADMIN', 'CAP_SYS_ADMIN', 'NET_BIND_SERVICE', 'cap_net_bind_service', 'CHOWN', 'NET_RAW', 'MKNOD', 'NET_ADMIN'),
  CapDrop: lists('ALL', 'NET_RAW', 'CHOWN', 'x y'),
  SecurityOpt: lists(
    'no-new-privileges',
    'no-new-privileges=true',
    'no-new-privileges:true',
    'no-new-privileges=false',
    'no-new-privileges:false',
    'seccomp=unconfined',
    'seccomp=named',
    'seccomp=gone',
    'apparmor=unconfined',
    'label=disable',
    'systempaths=unconfined',
  ),
  PidMode: some('', 'host', 'private', `container:${OWN.container}`, `container:${FOREIGN.container}`, 'container:', 'HOST'),
  IpcMode: some('', 'private', 'shareable', 'none', 'host', `container:${OWN.container}`, `container:${FOREIGN.container}`),
  UTSMode: some('', 'host'),
  UsernsMode: some('', 'host'),
  CgroupnsMode: some('', 'private', 'host'),
  Cgroup: some('', 'container:x'),
  CgroupParent: some('', '/', '/docker', 'team.slice', '../..'),
  Isolation: some('', 'default', 'hyperv'),
  ContainerIDFile: some('', '/etc/cron.d/x'),
  Devices: lists<unknown>(
    { PathOnHost: '/dev/sda', PathInContainer: '/dev/sda', CgroupPermissions: 'rwm' },
    { PathOnHost: '/dev/fuse', PathInContainer: '/dev/fuse', CgroupPermissions: 'rw' },
  ),
  DeviceCgroupRules: lists('a *:* rwm', 'c 1:3 r'),
  DeviceRequests: lists<unknown>({ Driver: 'nvidia', Count: -1, Capabilities: [['gpu']] }),
  Sysctls: fc.dictionary(
    some('net.ipv4.tcp_syncookies', 'kernel.core_pattern', 'kernel.shm_rmid_forced', 'net.core.somaxconn', 'net.ipv4.ip_forward'),
    some('1', '0'),
    { maxKeys: 2 },
  ),
  MaskedPaths: some([], ['/x'], null),
  ReadonlyPaths: some([], ['/x'], null),
  Runtime: some('', 'runc', 'evil', 'kata'),
  Annotations: some({}, { a: 'b' }),
  StorageOpt: some({}, { size: '100G' }),
  GroupAdd: lists('0', 'root', 'docker', 'users', '1000', '00', 'x y'),
  Binds: lists('/:/host', '/var/run/docker.sock:/s', 'team--data:/data', `${OWN.folder}:/x`),
  Mounts: fc.array(mount(), { maxLength: 3 }),
  VolumesFrom: lists(OWN.container, FOREIGN.container),
  VolumeDriver: some('', 'local', 'evil'),
  Tmpfs: fc.dictionary(
    some('/tmp', '/proc', '/run', '/'),
    some('', 'size=16m', 'size=1t', 'size=600m', 'rw,exec,suid,size=1m', 'size=64m,mode=1777', 'dev,size=1k'),
    { maxKeys: 2 },
  ),
  ShmSize: some(0, 1, 64 * MIB, 65 * MIB, 512 * MIB, 513 * MIB, -1),
  NetworkMode: some(
    '',
    'default',
    'none',
    'host',
    'bridge',
    OWN.network,
    FOREIGN.network,
    `container:${OWN.container}`,
    `container:${FOREIGN.container}`,
    'ns:/proc/1/ns/net',
  ),
  PortBindings: fc.dictionary(
    some('80/tcp', '81/udp', '0/tcp', 'x'),
    fc.array(
      fc.record({
        HostIp: some('', '0.0.0.0', '127.0.0.1', 'evil'),
        HostPort: some('', '0', '80', '1023', '1024', '8080', '65535', '65536', '80-90'),
      }),
      { maxLength: 2 },
    ),
    { maxKeys: 2 },
  ),
  PublishAllPorts: some(true, false),
  Dns: lists('8.8.8.8', '10.0.0.53', 'x'),
  DnsOptions: lists('ndots:2', 'x y'),
  DnsSearch: lists('example.org', '-'),
  ExtraHosts: lists('a:10.0.0.1', 'host:host-gateway', 'a:x', 'evil'),
  Links: lists('web:db'),
  Memory: some(0, -1, 1, 6 * MIB, 64 * MIB, 512 * MIB, 2 ** 40),
  MemorySwap: some(0, -1, 64 * MIB, 2 ** 41),
  MemoryReservation: some(0, 32 * MIB, 2 ** 42, -1),
  MemorySwappiness: some(-1, 0, 60, null),
  OomKillDisable: some(true, false),
  OomScoreAdj: some(0, 500, 1000, -500, -1000, 1001),
  NanoCpus: some(0, 1e9, 1e6, 1e12, -1),
  PidsLimit: some(0, -1, 1, 256, 1024, 4_000_000, null),
  Ulimits: fc.array(
    fc.record({
      Name: some('nofile', 'core', 'memlock', 'nproc'),
      Soft: some(0, 1024, 65_536, -1),
      Hard: some(0, 1024, 65_536, 1_048_576, -1),
    }),
    { maxLength: 2 },
  ),
  RestartPolicy: fc.record(
    { Name: some('', 'no', 'always', 'on-failure', 'unless-stopped', 'forever'), MaximumRetryCount: some(0, 5, 6, -1) },
    { requiredKeys: [] },
  ),
  LogConfig: fc.record(
    {
      Type: some('', 'json-file', 'local', 'syslog', 'none'),
      Config: some({}, { 'max-size': '10m', 'max-file': '3' }, { 'syslog-address': 'tcp://x:1' }),
    },
    { requiredKeys: [] },
  ),
  CpusetCpus: some('', '0', '0-1', 'x'),
  BlkioWeight: some(0, 10, 1000, 5),
  ConsoleSize: some([0, 0], [24, 80], [1]),
  NetworkingConfig: fc.record(
    {
      EndpointsConfig: fc.dictionary(
        some(OWN.network, FOREIGN.network, 'bridge', 'host'),
        some({}, null, { Aliases: ['a'] }, { Links: ['x'] }, { MacAddress: '02:42:ac:11:00:02' }, { DriverOpts: { a: 'b' } }),
        { maxKeys: 2 },
      ),
    },
    { requiredKeys: [] },
  ),
}

function mount(): fc.Arbitrary<object> {
  return fc.record(
    {
      Type: some('volume', 'bind', 'tmpfs', 'npipe', 'cluster', 'image', ''),
      Source: some<string | undefined>(
        undefined,
        '',
        OWN.volume,
        FOREIGN.volume,
        '/',
        '/etc',
        '/var/run/docker.sock',
        OWN.folder,
        `${OWN.folder}/sub`,
        OWN.readOnlyFolder,
        '/granted',
      ),
      Target: some('/data', '/', '/proc', '/dev/x', 'relative', '/a/../proc', '/var/lib/x'),
      ReadOnly: some(true, false),
      BindOptions: some<unknown>(undefined, {}, { Propagation: 'rshared' }, { Propagation: 'rprivate' }, { NonRecursive: true }),
      VolumeOptions: some<unknown>(
        undefined,
        {},
        { NoCopy: true },
        { DriverConfig: { Name: 'local', Options: { type: 'none', o: 'bind', device: '/' } } },
        { Labels: { 'berth.uid': 'x' } },
        { Subpath: '../..' },
      ),
      TmpfsOptions: some<unknown>(
        undefined,
        {},
        { SizeBytes: MIB },
        { SizeBytes: 2 ** 40 },
        { SizeBytes: 600 * MIB },
        { Options: [['exec']] },
      ),
    },
    { requiredKeys: ['Type', 'Target'] },
  )
}

/** Of a type of the description, where nothing better is known. */
function byType(type: string): fc.Arbitrary<unknown> {
  const [kind = ''] = type.split(' ')
  if (kind === 'boolean') return some<unknown>(true, false, null, 'yes')
  if (kind === 'integer') return some<unknown>(0, 1, -1, 1_000_000, null, '1', 1.5)
  if (kind === 'string') return some<unknown>('', 'x', 'host', null, 5)
  if (kind === 'array') return some<unknown>([], ['x'], [{}], null, 'x')
  if (kind.startsWith('ref:')) return objectOf(ENGINE.schemas[kind.slice(4)] ?? {})
  return some<unknown>({}, { x: 'y' }, null, [])
}

/** A few of the fields; the fewer, the more often all of it is allowed. */
function objectOf(fields: Fields): fc.Arbitrary<Record<string, unknown>> {
  const names = Object.keys(fields)
  if (names.length === 0) return some({})
  const entry = some(...names).chain((name) => (POOLS[name] ?? byType(fields[name]!)).map((value) => [name, value] as const))
  return fc
    .array(entry, { maxLength: 3, size: 'max' })
    .map((entries) => Object.fromEntries(entries.filter(([, value]) => value !== undefined)))
}

const { HostConfig: _host, ...TOP } = ENGINE.bodies['ContainerCreate']!

/** The body of a creation. */
export const SPEC: fc.Arbitrary<Record<string, unknown>> = fc
  .record({
    top: objectOf(TOP),
    host: objectOf(ENGINE.schemas['HostConfig']!),
    stray: some(...Array<null>(20).fill(null), 'Binds', 'Privileged', 'hostconfig', 'Extra'),
  })
  .map(({ top, host, stray }) => ({
    Image: `sha256:${'a'.repeat(64)}`,
    ...top,
    ...(Object.keys(host).length > 0 && { HostConfig: host }),
    ...(stray && { [stray]: true }),
  }))

/** One way to spell a key that some readers take for the same. */
export const SPELLINGS: readonly ((key: string) => string)[] = [
  (key) => key,
  (key) => key,
  (key) => key,
  (key) => key.toLowerCase(),
  (key) => key.toUpperCase(),
  (key) => key.replace(/s/i, '\u017f'),
  (key) => key.replace(/k/i, '\u212a'),
]
