import {
  atMost,
  BASELINE_CAPABILITIES,
  capabilities,
  isSafePath,
  memory,
  nanoCpus,
  oneOf,
  pids,
  range,
  SAFE_SYSCTLS,
  shm,
  sysctls,
  text,
  WORDS,
  WORKING_DIR,
} from './limits.js'
import {
  absent,
  allow,
  byDefault,
  type Comparison,
  everywhere,
  type FieldRow,
  type FieldType,
  only,
  type Rule,
  set,
  withAlways,
} from './rule.js'
import * as shape from './shapes.js'

/** All profiles alike. */
const all = (type: FieldType, rule: Rule, compare: Comparison = 'equal', extra: Pick<FieldRow, 'since' | 'until'> = {}): FieldRow => ({
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
  extra: Pick<FieldRow, 'since' | 'until'> = {},
): FieldRow => ({
  type,
  rules: { restricted, baseline, privileged },
  compare,
  ...extra,
})

/** In no profile. */
const never = (type: FieldType, compare: Comparison = 'defaulted', extra: Pick<FieldRow, 'since' | 'until'> = {}): FieldRow =>
  all(type, absent, compare, extra)

const SECOND = 1_000_000_000
const interval = (least: number): Rule => range(least * SECOND, 86_400 * SECOND, ' ns')
const upTo = (seconds: number): Rule => range(1_000_000, seconds * SECOND, ' ns')
const numericUser = only('a number that is not 0', (user: string) => /^[1-9]\d{0,9}(:[1-9]\d{0,9})?$/.test(user))

/**
 * What may be in the body of a container's creation, field by field: THE table of admission. Paths are the engine's spelling.
 * A field that is not here is refused; a test holds it to every field of the engine API 1.41 to 1.55.
 */
export const CONTAINER_FIELDS: Readonly<Record<string, FieldRow>> = {
  // what runs
  Image: all('string', allow, 'ignored'),
  Cmd: all('string[]', WORDS, 'merged'),
  Entrypoint: all('string[]', WORDS, 'merged'),
  Env: all('string[]', WORDS, 'merged'),
  Shell: all('string[]', WORDS, 'merged'),
  ArgsEscaped: never('boolean', 'ignored'),
  OnBuild: never('string[]', 'ignored'),
  User: by('string', numericUser, text(128), text(128), 'merged'),
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
  StopTimeout: by('integer', range(0, 120, ' s'), range(0, 300, ' s'), range(0, 600, ' s')),
  ExposedPorts: all('empty{}', only('ports such as 80/tcp', shape.isPortSet), 'merged'),
  Volumes: all(
    'empty{}',
    only('absolute paths', (paths: Record<string, object>) => Object.keys(paths).every(isSafePath)),
    'ignored',
  ),
  Labels: all('string{}', only('not berth.* or com.docker.* (but compose), at most 64', shape.areClientLabels), 'ignored'),
  NetworkDisabled: never('boolean'),
  MacAddress: by('string', absent, absent, only('a MAC address', shape.isMac), 'defaulted', { until: '1.51' }),
  Healthcheck: all('object', allow, 'merged'),
  'Healthcheck.Test': all('string[]', WORDS, 'merged'),
  'Healthcheck.Interval': by('integer', interval(5), interval(1), interval(1), 'merged'),
  'Healthcheck.Timeout': all('integer', upTo(3600), 'merged'),
  'Healthcheck.Retries': all('integer', range(0, 1000), 'merged'),
  'Healthcheck.StartPeriod': all('integer', upTo(86_400), 'merged'),
  'Healthcheck.StartInterval': all('integer', interval(1), 'merged', { since: '1.44' }),

  // reach into the host
  HostConfig: all('object', allow, 'ignored'),
  'HostConfig.Privileged': by(
    'boolean',
    set(false),
    set(false),
    byDefault(() => false, allow),
  ),
  'HostConfig.CapAdd': by(
    'string[]',
    capabilities(['NET_BIND_SERVICE']),
    capabilities(BASELINE_CAPABILITIES),
    capabilities(BASELINE_CAPABILITIES),
  ),
  'HostConfig.CapDrop': by(
    'string[]',
    set(['ALL']),
    withAlways(['NET_RAW', 'MKNOD'], shape.NAMES),
    withAlways(['NET_RAW', 'MKNOD'], shape.NAMES),
  ),
  'HostConfig.SecurityOpt': by('string[]', set(['no-new-privileges']), shape.securityOptions([]), shape.securityOptions([])),
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
  'HostConfig.CgroupParent': all('string', set('')),
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
  'HostConfig.Sysctls': by('string{}', sysctls([]), sysctls(SAFE_SYSCTLS), sysctls(SAFE_SYSCTLS)),
  'HostConfig.MaskedPaths': never('string[]'),
  'HostConfig.ReadonlyPaths': never('string[]'),
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
  'HostConfig.Mounts': all(
    'object[]',
    only('at most 64', (mounts: object[]) => mounts.length <= 64),
    'ignored',
  ),
  'HostConfig.Mounts[].Type': by(
    'string',
    oneOf('volume', 'tmpfs'),
    oneOf('volume', 'tmpfs', 'bind'),
    oneOf('volume', 'tmpfs', 'bind', 'image'),
  ),
  'HostConfig.Mounts[].Source': all('string', text(4096)),
  'HostConfig.Mounts[].Target': all('string', only('an absolute path, not in /proc, /sys or /dev', isSafePath)),
  'HostConfig.Mounts[].ReadOnly': all(
    'boolean',
    byDefault(() => false, allow),
  ),
  'HostConfig.Mounts[].Consistency': never('string', 'ignored'),
  'HostConfig.Mounts[].BindOptions': all('object', allow, 'ignored'),
  'HostConfig.Mounts[].BindOptions.Propagation': all('string', oneOf('rprivate'), 'defaulted'),
  'HostConfig.Mounts[].BindOptions.NonRecursive': never('boolean'),
  'HostConfig.Mounts[].BindOptions.CreateMountpoint': never('boolean'),
  'HostConfig.Mounts[].BindOptions.ReadOnlyNonRecursive': never('boolean'),
  'HostConfig.Mounts[].BindOptions.ReadOnlyForceRecursive': never('boolean'),
  'HostConfig.Mounts[].VolumeOptions': all('object', allow, 'ignored'),
  'HostConfig.Mounts[].VolumeOptions.NoCopy': all('boolean', allow),
  'HostConfig.Mounts[].VolumeOptions.Labels': all(
    'string{}',
    only('not berth.* or com.docker.* (but compose), at most 64', shape.areClientLabels),
    'ignored',
  ),
  'HostConfig.Mounts[].VolumeOptions.DriverConfig': never('object'),
  'HostConfig.Mounts[].VolumeOptions.Subpath': never('string', 'defaulted', { since: '1.45' }),
  'HostConfig.Mounts[].TmpfsOptions': all('object', allow, 'ignored'),
  'HostConfig.Mounts[].TmpfsOptions.SizeBytes': by('integer', shm(64), shm(512), shm(512)),
  'HostConfig.Mounts[].TmpfsOptions.Mode': all('integer', range(0, 0o1777)),
  'HostConfig.Mounts[].TmpfsOptions.Options': never('string[]'),
  'HostConfig.Mounts[].ImageOptions': by('object', absent, absent, allow, 'ignored', { since: '1.48' }),
  'HostConfig.Mounts[].ImageOptions.Subpath': never('string', 'defaulted', { since: '1.48' }),
  // Resolved to the mounts of the team's own containers before the engine is asked; its own spelling never goes on.
  'HostConfig.VolumesFrom': all('string[]', absent, 'ignored'),
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
  'HostConfig.PortBindings': all('object[]{}', only('at most 20 ports such as 80/tcp', shape.isPortSet)),
  'HostConfig.PortBindings{}[].HostIp': all(
    'string',
    only('an address', (address: string) => /^[0-9a-fA-F.:]{2,45}$/.test(address)),
  ),
  'HostConfig.PortBindings{}[].HostPort': all('string', only("a port of the team's range", shape.isHostPort)),
  'HostConfig.PublishAllPorts': all(
    'boolean',
    byDefault(() => false, allow),
  ),
  'HostConfig.Dns': all(
    'string[]',
    only('on the list of an administrator', (servers: string[], { granted }) => servers.every((server) => granted.dns.includes(server))),
  ),
  'HostConfig.DnsOptions': all('string[]', atMost(8, /^[a-z0-9:-]{1,32}$/, 'a resolver option')),
  'HostConfig.DnsSearch': all('string[]', atMost(6, /^([A-Za-z0-9-]+\.?)+$|^\.$/, 'a domain')),
  'HostConfig.ExtraHosts': by('string[]', shape.extraHosts(false), shape.extraHosts(false), shape.extraHosts(true)),
  'HostConfig.Links': never('string[]'),
  NetworkingConfig: all('object', allow, 'ignored'),
  'NetworkingConfig.EndpointsConfig': all(
    'object{}',
    only("only the team's networks", (endpoints: Record<string, object>, { own }) =>
      Object.keys(endpoints).every((name) => own.networks.has(name)),
    ),
    'ignored',
  ),
  'NetworkingConfig.EndpointsConfig{}.Aliases': all('string[]', atMost(16, /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'a name'), 'merged'),
  'NetworkingConfig.EndpointsConfig{}.IPAMConfig': all('object', allow, 'ignored'),
  'NetworkingConfig.EndpointsConfig{}.IPAMConfig.IPv4Address': all(
    'string',
    only('an IPv4 address', (address: string) => /^\d{1,3}(\.\d{1,3}){3}$/.test(address)),
  ),
  'NetworkingConfig.EndpointsConfig{}.IPAMConfig.IPv6Address': never('string'),
  'NetworkingConfig.EndpointsConfig{}.IPAMConfig.LinkLocalIPs': never('string[]'),
  'NetworkingConfig.EndpointsConfig{}.MacAddress': by('string', absent, absent, only('a MAC address', shape.isMac), 'defaulted'),
  'NetworkingConfig.EndpointsConfig{}.Links': never('string[]'),
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
  'HostConfig.MemorySwap': all('integer', allow),
  'HostConfig.MemoryReservation': all('integer', range(0, Number.MAX_SAFE_INTEGER)),
  'HostConfig.MemorySwappiness': never('integer'),
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
  'HostConfig.Ulimits[].Soft': all('integer', allow),
  'HostConfig.Ulimits[].Hard': all('integer', allow),
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
  'HostConfig.RestartPolicy': all('object', allow, 'ignored'),
  'HostConfig.RestartPolicy.Name': by(
    'string',
    oneOf('', 'no', 'on-failure', 'unless-stopped'),
    oneOf('', 'no', 'on-failure', 'unless-stopped', 'always'),
    oneOf('', 'no', 'on-failure', 'unless-stopped', 'always'),
  ),
  'HostConfig.RestartPolicy.MaximumRetryCount': by('integer', range(0, 5), range(0, 1000), range(0, 1000)),
  'HostConfig.AutoRemove': all(
    'boolean',
    byDefault(() => false, allow),
  ),
  'HostConfig.LogConfig': all('object', allow, 'ignored'),
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
