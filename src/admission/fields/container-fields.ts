import {
  atMost,
  BASELINE_CAPABILITIES,
  capabilities,
  memory,
  MEMORY_RESERVATION,
  MEMORY_SWAP,
  nanoCpus,
  NUMERIC_USER,
  oneOf,
  pids,
  range,
  SAFE_SYSCTLS,
  seconds,
  shm,
  sysctls,
  TARGET,
  text,
  WORDS,
  WORKING_DIR,
} from './limits.js'
import { isHarmlessPath } from '../paths.js'
import { MOUNT_READ_ONLY, mounts, mountSource, optionsOf, TMPFS_DEFAULT } from './mounts.js'
import {
  absent,
  allow,
  byDefault,
  type Comparison,
  every,
  everywhere,
  type FieldRow,
  type FieldType,
  object,
  only,
  type Rule,
  saying,
  set,
  withAlways,
} from './rule.js'
import * as shape from './shapes.js'

/** All profiles alike. */
const all = (
  type: FieldType,
  rule: Rule,
  compare: Comparison = 'equal',
  extra: Pick<FieldRow, 'since' | 'until' | 'emptyCounts'> = {},
): FieldRow => ({
  type,
  rules: everywhere(rule),
  compare,
  ...extra,
})

/** Restricted, baseline, privileged. */
const by = (
  type: FieldType,
  restricted: Rule,
  baseline: Rule,
  privileged: Rule,
  compare: Comparison = 'equal',
  extra: Pick<FieldRow, 'since' | 'until' | 'emptyCounts'> = {},
): FieldRow => ({
  type,
  rules: { restricted, baseline, privileged },
  compare,
  ...extra,
})

/** In no profile. */
const never = (
  type: FieldType,
  compare: Comparison = 'defaulted',
  extra: Pick<FieldRow, 'since' | 'until' | 'emptyCounts'> = {},
): FieldRow => all(type, absent, compare, extra)

const DAY = 86_400
/** What a cure for "Permission denied" is taken for most often, and what helps instead. */
const PRIVILEGED = saying(
  'must be false: it needs the profile "privileged", which an administrator gives for a time. Where a program gets "Permission denied", ' +
    'mount a volume or a tmpfs at the folder that it writes to, or set user to the owner of its files',
  set(false),
)
const restart = (...names: string[]): Rule => byDefault(() => 'no', oneOf(...names))
const tmpfs = (mib: number): Rule => byDefault(() => TMPFS_DEFAULT, shm(mib))
const stopTimeout = (most: number): Rule => saying(`must be ${most} seconds or less`, range(0, most))

/**
 * What may be in the body of a container's creation, field by field: THE table of admission. Paths are the engine's spelling.
 * A field that is not here is refused; a test holds it to every field of the engine API 1.41 to 1.55.
 */
export const CONTAINER_FIELDS: Readonly<Record<string, FieldRow>> = {
  // what runs
  Image: all('string', allow, 'ignored'),
  Cmd: all('string[]', WORDS, 'merged', { emptyCounts: true }),
  Entrypoint: all('string[]', WORDS, 'merged', { emptyCounts: true }),
  Env: all('string[]', WORDS, 'merged'),
  Shell: all('string[]', WORDS, 'merged'),
  ArgsEscaped: never('boolean', 'ignored'),
  OnBuild: never('string[]', 'ignored'),
  User: by('string', NUMERIC_USER, text(128), text(128), 'merged'),
  WorkingDir: all('string', WORKING_DIR, 'merged'),
  Hostname: all(
    'string',
    only('a host name', (name: string) => /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(name)),
    'defaulted',
  ),
  Domainname: all(
    'string',
    only('a domain name', (name: string) => /^[A-Za-z0-9]([A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$/.test(name)),
  ),
  Tty: all('boolean', allow),
  OpenStdin: all('boolean', allow),
  StdinOnce: all('boolean', allow),
  AttachStdin: all('boolean', allow, 'ignored'),
  AttachStdout: all('boolean', allow, 'ignored'),
  AttachStderr: all('boolean', allow, 'ignored'),
  StopSignal: all(
    'string',
    only('a signal', (signal: string) => /^(SIG)?[A-Z0-9+-]{1,16}$/.test(signal)),
    'merged',
  ),
  StopTimeout: by('integer', stopTimeout(120), stopTimeout(300), stopTimeout(600), 'equal', { emptyCounts: true }),
  ExposedPorts: all('empty{}', only('ports such as 80/tcp', shape.isPortSet), 'merged'),
  Volumes: all(
    'empty{}',
    only('absolute paths, and not /, /proc, /sys, /dev or below these', (paths: Record<string, object>) =>
      Object.keys(paths).every((path) => isHarmlessPath(path)),
    ),
    'ignored',
  ),
  Labels: all('string{}', shape.CLIENT_LABELS, 'merged'),
  NetworkDisabled: never('boolean'),
  MacAddress: by('string', absent, absent, only('a MAC address', shape.isMac), 'defaulted', { until: '1.51' }),
  Healthcheck: all('object', object, 'merged'),
  'Healthcheck.Test': all('string[]', WORDS, 'merged'),
  'Healthcheck.Interval': by('integer', seconds(5, DAY), seconds(1, DAY), seconds(1, DAY), 'merged'),
  'Healthcheck.Timeout': all('integer', seconds(0.001, DAY), 'merged'),
  'Healthcheck.Retries': all('integer', range(0, 1000), 'merged'),
  'Healthcheck.StartPeriod': all('integer', seconds(0.001, DAY), 'merged'),
  'Healthcheck.StartInterval': all('integer', seconds(1, DAY), 'merged', { since: '1.44' }),

  // reach into the host
  HostConfig: all('object', object, 'ignored'),
  'HostConfig.Privileged': by(
    'boolean',
    PRIVILEGED,
    PRIVILEGED,
    byDefault(() => false, allow),
  ),
  'HostConfig.CapAdd': by(
    'string[]',
    capabilities(['NET_BIND_SERVICE']),
    capabilities(BASELINE_CAPABILITIES),
    capabilities(BASELINE_CAPABILITIES, true),
  ),
  'HostConfig.CapDrop': by(
    'string[]',
    set(['ALL']),
    withAlways(['NET_RAW', 'MKNOD'], shape.NAMES),
    withAlways(['NET_RAW', 'MKNOD'], shape.NAMES),
  ),
  'HostConfig.SecurityOpt': by('string[]', set(['no-new-privileges']), shape.securityOptions(), shape.securityOptions(true), 'unlabelled'),
  'HostConfig.PidMode': by('string', set(''), shape.namespace([''], 'container'), shape.namespace(['', 'host'], 'container')),
  'HostConfig.IpcMode': by(
    'string',
    set('private'),
    shape.namespace(['private', 'shareable', 'none'], 'container', 'private'),
    shape.namespace(['private', 'shareable', 'none', 'host'], 'container', 'private'),
  ),
  'HostConfig.UTSMode': by(
    'string',
    set(''),
    set(''),
    byDefault(() => '', oneOf('', 'host')),
  ),
  'HostConfig.UsernsMode': all('string', set('')),
  'HostConfig.CgroupnsMode': all('string', set('private')),
  'HostConfig.Cgroup': all('string', set('')),
  'HostConfig.CgroupParent': all(
    'string',
    byDefault(
      ({ granted }) => granted.cgroupParent,
      only('as an administrator named for the team', (parent: string, { granted }) => parent === granted.cgroupParent),
    ),
  ),
  'HostConfig.Isolation': never('string'),
  'HostConfig.ContainerIDFile': never('string'),
  'HostConfig.Devices': by('object[]', absent, absent, shape.devices()),
  'HostConfig.Devices[].PathOnHost': all('string', text(4096)),
  'HostConfig.Devices[].PathInContainer': all('string', text(4096)),
  'HostConfig.Devices[].CgroupPermissions': all('string', oneOf('', 'r', 'w', 'rw', 'rwm')),
  'HostConfig.DeviceCgroupRules': never('string[]'),
  'HostConfig.DeviceRequests': never('object[]'),
  'HostConfig.DeviceRequests[].Driver': never('string'),
  'HostConfig.DeviceRequests[].Count': never('integer'),
  'HostConfig.DeviceRequests[].DeviceIDs': never('string[]'),
  'HostConfig.DeviceRequests[].Capabilities': never('string[][]'),
  'HostConfig.DeviceRequests[].Options': never('string{}'),
  'HostConfig.Sysctls': by('string{}', absent, sysctls(SAFE_SYSCTLS), sysctls(SAFE_SYSCTLS, true)),
  'HostConfig.MaskedPaths': never('string[]', 'filled'),
  'HostConfig.ReadonlyPaths': never('string[]', 'filled'),
  'HostConfig.Runtime': by('string', absent, shape.runtimes(), shape.runtimes(), 'defaulted'),
  'HostConfig.Annotations': never('string{}', 'defaulted', { since: '1.43' }),
  'HostConfig.StorageOpt': never('string{}'),
  'HostConfig.GroupAdd': by(
    'string[]',
    absent,
    only('not 0 and not docker', shape.areHarmlessGroups),
    only('not 0 and not docker', shape.areHarmlessGroups),
  ),
  'HostConfig.ReadonlyRootfs': all(
    'boolean',
    byDefault(() => false, allow),
  ),
  'HostConfig.Init': all('boolean', allow, 'defaulted'),

  // files
  'HostConfig.Binds': by('string[]', absent, absent, absent),
  'HostConfig.Mounts': by('object[]', mounts(64), mounts(512), mounts(512)),
  // A bind mount of a host path is refused by its source, which says what to do instead.
  'HostConfig.Mounts[].Type': all(
    'string',
    every(
      byDefault(() => '', allow),
      oneOf('volume', 'tmpfs', 'bind'),
    ),
  ),
  'HostConfig.Mounts[].Source': by(
    'string',
    mountSource({ exports: false, exact: false }),
    mountSource({ exports: true, exact: false }),
    mountSource({ exports: true, exact: true }),
  ),
  'HostConfig.Mounts[].Target': all(
    'string',
    every(
      byDefault(() => '', allow),
      TARGET,
    ),
  ),
  'HostConfig.Mounts[].ReadOnly': all('boolean', MOUNT_READ_ONLY),
  'HostConfig.Mounts[].Consistency': never('string', 'ignored'),
  'HostConfig.Mounts[].BindOptions': all('object', optionsOf('bind'), 'ignored'),
  'HostConfig.Mounts[].BindOptions.Propagation': all(
    'string',
    byDefault(() => 'rprivate', oneOf('rprivate')),
  ),
  'HostConfig.Mounts[].BindOptions.NonRecursive': never('boolean'),
  'HostConfig.Mounts[].BindOptions.CreateMountpoint': never('boolean'),
  'HostConfig.Mounts[].BindOptions.ReadOnlyNonRecursive': never('boolean'),
  'HostConfig.Mounts[].BindOptions.ReadOnlyForceRecursive': never('boolean'),
  'HostConfig.Mounts[].VolumeOptions': all('object', optionsOf('volume'), 'ignored'),
  'HostConfig.Mounts[].VolumeOptions.NoCopy': all('boolean', allow),
  'HostConfig.Mounts[].VolumeOptions.Labels': all('string{}', shape.CLIENT_LABELS),
  'HostConfig.Mounts[].VolumeOptions.DriverConfig': never('object'),
  'HostConfig.Mounts[].VolumeOptions.Subpath': never('string', 'defaulted', { since: '1.45' }),
  'HostConfig.Mounts[].TmpfsOptions': all('object', optionsOf('tmpfs'), 'ignored'),
  'HostConfig.Mounts[].TmpfsOptions.SizeBytes': by('integer', tmpfs(64), tmpfs(512), tmpfs(512)),
  'HostConfig.Mounts[].TmpfsOptions.Mode': all('integer', range(0, 0o1777)),
  'HostConfig.Mounts[].TmpfsOptions.Options': never('string[]'),
  // Images by their team's reference can't be mounted until build and commit speak of them.
  'HostConfig.Mounts[].ImageOptions': never('object', 'ignored', { since: '1.48' }),
  'HostConfig.Mounts[].ImageOptions.Subpath': never('string', 'defaulted', { since: '1.48' }),
  // Resolved to the mounts of the team's own containers before the engine is asked; its own spelling never goes on.
  'HostConfig.VolumesFrom': all('string[]', absent),
  'HostConfig.VolumeDriver': by('string', oneOf('local'), oneOf('local'), oneOf('local'), 'defaulted'),
  'HostConfig.Tmpfs': by(
    'string{}',
    only('options nosuid,nodev and at most 64 MiB', shape.isTmpfs(64)),
    only('options nosuid,nodev and at most 512 MiB', shape.isTmpfs(512)),
    only('options nosuid,nodev and at most 512 MiB', shape.isTmpfs(512)),
  ),
  'HostConfig.ShmSize': by(
    'integer',
    byDefault(() => 64 * 1024 * 1024, shm(64)),
    byDefault(() => 64 * 1024 * 1024, shm(512)),
    byDefault(() => 64 * 1024 * 1024, shm(512)),
  ),

  // network
  'HostConfig.NetworkMode': by('string', shape.network([]), shape.network([]), shape.network(['host'])),
  'HostConfig.PortBindings': all('object[]{}', shape.BINDINGS),
  'HostConfig.PortBindings{}[].HostIp': all(
    'string',
    only('an address', (address: string) => /^[0-9a-fA-F.:]{2,45}$/.test(address)),
  ),
  'HostConfig.PortBindings{}[].HostPort': by('string', shape.hostPort(), shape.hostPort(), shape.hostPort(true)),
  // The engine would take any port, on every address, and nobody had reserved it: what is to be published is written out.
  'HostConfig.PublishAllPorts': all('boolean', saying('must be false: name the ports in PortBindings', set(false))),
  'HostConfig.Dns': all(
    'string[]',
    only('on the list of an administrator', (servers: string[], { granted }) => servers.every((server) => granted.dns.includes(server))),
  ),
  'HostConfig.DnsOptions': all('string[]', atMost(8, /^[a-z0-9:-]{1,32}$/, 'a resolver option')),
  'HostConfig.DnsSearch': all('string[]', atMost(6, /^(?=.{1,253}$)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.?$|^\.$/, 'a domain')),
  'HostConfig.ExtraHosts': by('string[]', shape.extraHosts(false), shape.extraHosts(false), shape.extraHosts(true)),
  'HostConfig.Links': never('string[]'),
  NetworkingConfig: all('object', object, 'ignored'),
  'NetworkingConfig.EndpointsConfig': all(
    'object{}',
    only("only the team's networks", (endpoints: Record<string, object>, { own }) =>
      Object.keys(endpoints).every((name) => own.networks.has(name)),
    ),
    'ignored',
  ),
  'NetworkingConfig.EndpointsConfig{}.Aliases': all('string[]', atMost(16, /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'a name'), 'merged'),
  'NetworkingConfig.EndpointsConfig{}.IPAMConfig': all('object', object, 'ignored'),
  'NetworkingConfig.EndpointsConfig{}.IPAMConfig.IPv4Address': all(
    'string',
    only('an IPv4 address', (address: string) => /^\d{1,3}(\.\d{1,3}){3}$/.test(address)),
  ),
  'NetworkingConfig.EndpointsConfig{}.IPAMConfig.IPv6Address': never('string'),
  'NetworkingConfig.EndpointsConfig{}.IPAMConfig.LinkLocalIPs': never('string[]'),
  'NetworkingConfig.EndpointsConfig{}.MacAddress': by('string', absent, absent, only('a MAC address', shape.isMac), 'defaulted'),
  // Resolved to the team's own by us; the engine's own spelling, by any name, never goes on.
  'NetworkingConfig.EndpointsConfig{}.Links': all('string[]', shape.LINKS, 'ignored'),
  'NetworkingConfig.EndpointsConfig{}.DriverOpts': never('string{}'),
  'NetworkingConfig.EndpointsConfig{}.GwPriority': all('integer', range(-1000, 1000), 'equal', { since: '1.48' }),
  // what the engine answers, and its clients send back as it was
  'NetworkingConfig.EndpointsConfig{}.NetworkID': never('string', 'ignored'),
  'NetworkingConfig.EndpointsConfig{}.EndpointID': never('string', 'ignored'),
  'NetworkingConfig.EndpointsConfig{}.Gateway': never('string', 'ignored'),
  'NetworkingConfig.EndpointsConfig{}.IPAddress': never('string', 'ignored'),
  'NetworkingConfig.EndpointsConfig{}.IPPrefixLen': never('integer', 'ignored'),
  'NetworkingConfig.EndpointsConfig{}.IPv6Gateway': never('string', 'ignored'),
  'NetworkingConfig.EndpointsConfig{}.GlobalIPv6Address': never('string', 'ignored'),
  'NetworkingConfig.EndpointsConfig{}.GlobalIPv6PrefixLen': never('integer', 'ignored'),
  'NetworkingConfig.EndpointsConfig{}.DNSNames': never('string[]', 'ignored', { since: '1.44' }),

  // how much
  'HostConfig.Memory': by('integer', memory(512), memory(2048), memory(2048)),
  'HostConfig.MemorySwap': all('integer', MEMORY_SWAP),
  'HostConfig.MemoryReservation': all('integer', MEMORY_RESERVATION),
  // -1 is what the engine's client sends for nothing.
  'HostConfig.MemorySwappiness': all(
    'integer',
    saying('must be absent', {
      ...absent,
      judge: (value) => (value === undefined || value === -1 ? { write: undefined } : { violation: '' }),
    }),
    'defaulted',
  ),
  'HostConfig.OomKillDisable': never('boolean'),
  'HostConfig.OomScoreAdj': by('integer', range(0, 1000), range(0, 1000), range(-500, 1000)),
  'HostConfig.NanoCpus': by('integer', nanoCpus(1), nanoCpus(2), nanoCpus(2)),
  // One way to say it: NanoCpus. Quota and period beside it contradict it, and the engine refuses the pair.
  'HostConfig.CpuQuota': never('integer'),
  'HostConfig.CpuPeriod': never('integer'),
  'HostConfig.CpuShares': all('integer', range(2, 262_144)),
  'HostConfig.CpusetCpus': by('string', absent, only('a list of cpus', shape.isCpuSet), only('a list of cpus', shape.isCpuSet)),
  'HostConfig.CpusetMems': never('string'),
  'HostConfig.CpuRealtimePeriod': never('integer'),
  'HostConfig.CpuRealtimeRuntime': never('integer'),
  'HostConfig.CpuCount': never('integer'),
  'HostConfig.CpuPercent': never('integer'),
  'HostConfig.PidsLimit': by('integer', pids(256), pids(1024), pids(1024)),
  'HostConfig.Ulimits': by('object[]', shape.ulimits(4096), shape.ulimits(65_536), shape.ulimits(65_536)),
  'HostConfig.Ulimits[].Name': all('string', text(32)),
  'HostConfig.Ulimits[].Soft': all('integer', allow, 'equal', { emptyCounts: true }),
  'HostConfig.Ulimits[].Hard': all('integer', allow, 'equal', { emptyCounts: true }),
  'HostConfig.BlkioWeight': by('integer', absent, range(10, 1000), range(10, 1000)),
  'HostConfig.BlkioWeightDevice': never('object[]'),
  'HostConfig.BlkioWeightDevice[].Path': never('string'),
  'HostConfig.BlkioWeightDevice[].Weight': never('integer'),
  ...blkioDevices('BlkioDeviceReadBps'),
  ...blkioDevices('BlkioDeviceReadIOps'),
  ...blkioDevices('BlkioDeviceWriteBps'),
  ...blkioDevices('BlkioDeviceWriteIOps'),
  'HostConfig.IOMaximumBandwidth': never('integer'),
  'HostConfig.IOMaximumIOps': never('integer'),
  'HostConfig.KernelMemory': never('integer', 'defaulted', { until: '1.41' }),
  'HostConfig.KernelMemoryTCP': never('integer', 'defaulted', { until: '1.51' }),

  // life
  'HostConfig.RestartPolicy': all('object', object, 'ignored'),
  'HostConfig.RestartPolicy.Name': by(
    'string',
    restart('no', 'on-failure', 'unless-stopped'),
    restart('no', 'on-failure', 'unless-stopped', 'always'),
    restart('no', 'on-failure', 'unless-stopped', 'always'),
  ),
  'HostConfig.RestartPolicy.MaximumRetryCount': by('integer', range(0, 5), range(0, 1_000_000), range(0, 1_000_000)),
  'HostConfig.AutoRemove': all(
    'boolean',
    byDefault(() => false, allow),
  ),
  'HostConfig.LogConfig': all('object', object, 'ignored'),
  'HostConfig.LogConfig.Type': by(
    'string',
    byDefault(() => 'json-file', oneOf('json-file')),
    byDefault(() => 'json-file', oneOf('json-file', 'local')),
    byDefault(() => 'json-file', oneOf('json-file', 'local')),
  ),
  'HostConfig.LogConfig.Config': all('string{}', set({ 'max-size': '10m', 'max-file': '3' })),
  'HostConfig.ConsoleSize': all(
    'integer[]',
    only('rows and columns', (size: number[]) => size.length === 2 && size.every((n) => n >= 0 && n <= 1000)),
    'ignored',
  ),
}

function blkioDevices(name: string): Record<string, FieldRow> {
  return {
    [`HostConfig.${name}`]: never('object[]'),
    [`HostConfig.${name}[].Path`]: never('string'),
    [`HostConfig.${name}[].Rate`]: never('integer'),
  }
}
