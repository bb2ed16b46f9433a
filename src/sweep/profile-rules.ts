import {
  anything,
  between,
  by,
  CAPABILITIES,
  empty,
  is,
  isEmpty,
  type Judge,
  KERNEL,
  list,
  MIB,
  notRestricted,
  onlyPrivileged,
  type Rule,
  subset,
  SYSCTLS,
  text,
} from './rule.js'
import { DURATIONS, joins, logs, MASKED, mounts, namespace, ports, READ_ONLY, restart, securityOptions, tmpfs, ulimits } from './shapes.js'

/**
 * What a container may be, said a second time and without src/admission: where the field table is wrong, this is what finds it
 * out. Fields of the engine that no rule knows must be empty.
 */
/** Rules of HostConfig. */
const HOST: Readonly<Record<string, Rule>> = {
  Privileged: by({ restricted: is(false), baseline: is(false), privileged: anything }),
  CapAdd: by({
    restricted: subset(() => ['NET_BIND_SERVICE'], 'allowed'),
    baseline: subset(() => CAPABILITIES, 'allowed'),
    privileged: subset(({ granted }) => [...CAPABILITIES, ...granted.capabilities], 'allowed'),
  }),
  CapDrop: (value, { profile }) =>
    list(value).includes('ALL') ||
    (profile !== 'restricted' && ['NET_RAW', 'MKNOD'].every((name) => list(value).includes(name))) ||
    'does not drop what is always dropped',
  SecurityOpt: securityOptions,
  PidMode: namespace([''], true),
  IpcMode: by({
    restricted: is('private'),
    baseline: namespace(['private', 'shareable', 'none'], false),
    privileged: namespace(['private', 'shareable', 'none'], true),
  }),
  UTSMode: onlyPrivileged(is('', 'host')),
  UsernsMode: empty,
  CgroupnsMode: is('private'),
  Cgroup: empty,
  CgroupParent: (value, { granted }) => (value ?? '') === granted.cgroupParent || `the parent ${String(value)}`,
  Isolation: is('', 'default'),
  ContainerIDFile: empty,
  Devices: onlyPrivileged(
    (value, { granted }) =>
      (value as { PathOnHost: string }[]).every(({ PathOnHost: path }) => granted.devices.includes(path)) || 'a device that was not listed',
  ),
  DeviceCgroupRules: empty,
  DeviceRequests: empty,
  Sysctls: notRestricted(
    (value, { profile, granted }) =>
      Object.keys(value as object).every((name) => SYSCTLS.test(name) || (profile === 'privileged' && granted.sysctls.includes(name))) ||
      'a sysctl that is not on the list',
  ),
  MaskedPaths: MASKED,
  ReadonlyPaths: READ_ONLY,
  Runtime: (value, { runtime, granted, profile }) =>
    isEmpty(value) ||
    value === runtime ||
    (profile !== 'restricted' && granted.runtimes.includes(String(value))) ||
    `the runtime ${String(value)}`,
  Annotations: empty,
  StorageOpt: empty,
  GroupAdd: notRestricted((value) => list(value).every((group) => !/^(0+|root|docker)$/.test(group)) || 'a group of the host'),
  ReadonlyRootfs: anything,
  Init: anything,
  Binds: empty,
  Mounts: mounts,
  VolumesFrom: empty,
  VolumeDriver: is('', 'local'),
  Tmpfs: tmpfs,
  ShmSize: (value, { profile }) =>
    (Number(value) > 0 && Number(value) <= (profile === 'restricted' ? 64 : 512) * MIB) || `${String(value)} bytes of shared memory`,
  NetworkMode: (value, judge) =>
    value === 'none' ||
    judge.networks.has(String(value)) ||
    // one that is no more: the container is on none, and only the team can make it again
    String(value).startsWith(judge.prefix) ||
    joins(value, judge) ||
    (judge.profile === 'privileged' && value === 'host') ||
    `the network ${String(value)} is not the team's`,
  PortBindings: ports,
  PublishAllPorts: is(false),
  Dns: (value, { granted }) => list(value).every((server) => granted.dns.includes(server)) || 'a name server that is not on the list',
  DnsOptions: anything,
  DnsSearch: anything,
  ExtraHosts: (value, { profile }) =>
    profile === 'privileged' || list(value).every((entry) => !entry.endsWith(':host-gateway')) || 'the host by a name',
  Links: empty,
  Memory: (value) => Number(value) > 0 || 'memory without a bound',
  MemorySwap: (value, _judge, { Memory: memory }) => value === memory || 'swap beyond the memory',
  MemoryReservation: (value, _judge, { Memory: memory }) => Number(value ?? 0) <= Number(memory) || 'more is kept than there is',
  MemorySwappiness: (value) => isEmpty(value) || value === -1 || 'must be empty',
  OomKillDisable: empty,
  OomScoreAdj: by({ restricted: between(0, 1_000), baseline: between(0, 1_000), privileged: between(-500, 1_000) }),
  NanoCpus: (value) => Number(value) > 0 || 'cpus without a bound',
  CpuQuota: empty,
  CpuPeriod: empty,
  CpuShares: anything,
  CpusetCpus: notRestricted(anything),
  CpusetMems: empty,
  CpuRealtimePeriod: empty,
  CpuRealtimeRuntime: empty,
  CpuCount: empty,
  CpuPercent: empty,
  PidsLimit: (value) => Number(value) > 0 || 'processes without a bound',
  Ulimits: ulimits,
  BlkioWeight: notRestricted(anything),
  RestartPolicy: restart,
  AutoRemove: anything,
  LogConfig: logs,
  ConsoleSize: anything,
}

/** Rules of Config; what it has beside is the image's or harmless. */
const CONFIG: Readonly<Record<string, Rule>> = {
  User: by({
    restricted: (value) => /^[1-9]\d*(:[1-9]\d*)?$/.test(text(value ?? '')) || 'must be a number that is not 0',
    baseline: anything,
    privileged: anything,
  }),
  WorkingDir: (value) => isEmpty(value) || (String(value).startsWith('/') && !KERNEL.test(String(value))) || `the folder ${String(value)}`,
  Image: (value) => /^sha256:[0-9a-f]{64}$/.test(String(value)) || 'is not named by its content',
  NetworkDisabled: empty,
  MacAddress: onlyPrivileged(anything),
  Healthcheck: by({ restricted: DURATIONS(5), baseline: DURATIONS(1), privileged: DURATIONS(1) }),
  StopTimeout: (value, { profile }) =>
    Number(value ?? 0) <= { restricted: 120, baseline: 300, privileged: 600 }[profile] || `${String(value)} seconds`,
}

/** What of a container its profile does not allow, one text each. */
export function violations(
  {
    Config: config,
    HostConfig: host,
  }: { readonly Config: Readonly<Record<string, unknown>>; readonly HostConfig: Readonly<Record<string, unknown>> },
  judge: Judge,
): string[] {
  const found: string[] = []
  for (const [field, rule] of Object.entries(HOST)) {
    const verdict = rule(host[field], judge, host)
    if (verdict !== true) found.push(`HostConfig.${field}: ${verdict}`)
  }
  for (const [field, value] of Object.entries(host))
    if (!(field in HOST) && !isEmpty(value)) found.push(`HostConfig.${field}: no rule knows it, and it is not empty`)
  for (const [field, rule] of Object.entries(CONFIG)) {
    const verdict = rule(config[field], judge, config)
    if (verdict !== true) found.push(`Config.${field}: ${verdict}`)
  }
  return found
}
