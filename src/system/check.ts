import type { EngineState, SystemInfo, SystemVersion } from '../engine/index.js'
import type { CheckItem } from './dto/system.dto.js'

/** What the engine says of its host, and when it was asked. */
export interface HostReport {
  readonly info: SystemInfo
  readonly version: SystemVersion
  readonly now: Date
}

type Finding = Omit<CheckItem, 'name'>

/** A clock that is further off makes `since` of logs and events miss or repeat. */
const CLOCK_OFF_MS = 2_000

/** What a host is looked at for: each row finds one thing and says how to mend it. */
const CHECKS: Readonly<Record<string, (report: HostReport) => Finding>> = {
  api: ({ version: { ApiVersion } }) =>
    need(atLeast(ApiVersion, 1, 41), `engine API ${ApiVersion}`, 'upgrade the engine to Docker 20.10 or newer'),
  kernel: ({ version: { KernelVersion = 'unknown' } }) =>
    need(atLeast(KernelVersion, 3, 8), KernelVersion, 'boot a kernel of 3.8 or newer'),
  architecture: ({ info: { Architecture } }) => need(/64|s390x/.test(Architecture), Architecture, 'use a 64 bit host'),
  cgroups: ({ info: { CgroupDriver, CgroupVersion = '1' } }) =>
    need(
      CgroupDriver !== 'none',
      `version ${CgroupVersion}, driver ${CgroupDriver}`,
      'mount the cgroup file systems before the engine starts',
    ),
  'memory-limit': ({ info }) =>
    supports(info.MemoryLimit, 'boot with cgroup_enable=memory, else a container can use all memory of the host'),
  'swap-limit': ({ info }) =>
    advise(info.SwapLimit !== false, support(info.SwapLimit), 'boot with swapaccount=1, else a container can swap beyond its memory limit'),
  'cpu-limit': ({ info }) => supports(info.CpuCfsQuota, 'use a kernel with CONFIG_CFS_BANDWIDTH'),
  'pids-limit': ({ info }) => supports(info.PidsLimit, 'mount the pids cgroup, else a fork bomb in a container stops the host'),
  'storage-driver': ({ info: { Driver } }) =>
    advise(
      !['vfs', 'devicemapper', 'aufs'].includes(Driver),
      Driver,
      'put the data root on a file system that overlay2 supports, such as ext4 or xfs with ftype=1',
    ),
  seccomp: ({ info: { SecurityOptions } }) =>
    advise(
      (SecurityOptions ?? []).some((option) => option.includes('seccomp')),
      (SecurityOptions ?? []).join(' ') || 'none',
      'use a kernel with CONFIG_SECCOMP_FILTER, else a container may make every system call',
    ),
  'ip-forward': ({ info }) =>
    need(info.IPv4Forwarding !== false, on(info.IPv4Forwarding), 'set net.ipv4.ip_forward=1, else containers reach nothing outside'),
  'bridge-filter': ({ info }) =>
    advise(
      info.BridgeNfIptables !== false,
      on(info.BridgeNfIptables),
      'load br_netfilter and set net.bridge.bridge-nf-call-iptables=1, else rules between containers of one network do not count',
    ),
  clock: ({ info: { SystemTime }, now }) => {
    const off = SystemTime ? Date.parse(SystemTime) - now.getTime() : 0
    return advise(Math.abs(off) < CLOCK_OFF_MS, `${(off / 1_000).toFixed(1)} s from the gateway's`, 'keep both clocks by ntp or chrony')
  },
  'registry-mirrors': ({ info }) =>
    found(mirrors(info), 'to pull through a mirror, list its address in "registry-mirrors" of daemon.json and restart the engine'),
  'insecure-registries': ({ info }) =>
    found(
      insecureRegistries(info),
      'to use a registry without TLS, list its host:port in "insecure-registries" of daemon.json and reload the engine (SIGHUP)',
    ),
  // Everybody reads this, and such a text may say how to get at the engine: only how many there are.
  warnings: ({ info: { Warnings } }) =>
    advise(!Warnings?.length, String(Warnings?.length ?? 0), 'an administrator of the host should read them: docker info'),
}

/** Judges a host by what its engine says of it. */
export function checkHost(report: HostReport): CheckItem[] {
  const engine = { name: 'engine', ...need(true, `Docker ${report.version.Version}`, '') }
  return [engine, ...Object.entries(CHECKS).map(([name, look]) => ({ name, ...look(report) }))]
}

/** The one item of a host whose engine does not answer. */
export function engineDown(state: EngineState): CheckItem {
  const detail =
    state.problem === 'version'
      ? `engine API ${state.version ?? 'unknown'} is older than 1.41`
      : `the engine is ${state.problem ?? 'not known'} since ${state.since.toISOString()}`
  return { name: 'engine', state: 'missing', detail, fix: 'start it (systemctl start docker) and check BERTH_DOCKER_HOST' }
}

export function mirrors(info: SystemInfo): string[] {
  return [...(info.RegistryConfig?.Mirrors ?? [])]
}

/** Address ranges and single registries that may be reached without TLS. */
export function insecureRegistries(info: SystemInfo): string[] {
  const single = Object.entries(info.RegistryConfig?.IndexConfigs ?? {}).filter(([, index]) => !index.Secure)
  return [...(info.RegistryConfig?.InsecureRegistryCIDRs ?? []), ...single.map(([name]) => name)]
}

/** Without it the host can not be shared. */
function need(ok: boolean, detail: string, fix: string): Finding {
  return { state: ok ? 'ok' : 'missing', detail, fix: ok ? null : fix }
}

/** An engine that does not say is taken to have it: newer ones leave out what every kernel has. */
function supports(value: boolean | undefined, fix: string): Finding {
  return need(value !== false, support(value), fix)
}

function advise(ok: boolean, detail: string, fix: string): Finding {
  return { state: ok ? 'ok' : 'warning', detail, fix: ok ? null : fix }
}

/** A setting that is right in either way; where there is none, how to get one. */
function found(values: readonly string[], how: string): Finding {
  return { state: 'ok', detail: values.join(' ') || 'none', fix: values.length > 0 ? null : how }
}

function support(value: boolean | undefined): string {
  return value === false ? 'not supported' : 'supported'
}

function on(value: boolean | undefined): string {
  return value === false ? 'off' : 'on'
}

function atLeast(version: string, major: number, minor: number): boolean {
  const [a = 0, b = 0] = version.split(/[.-]/).map(Number)
  return a > major || (a === major && b >= minor)
}
