import type { EngineState, SystemInfo, SystemVersion } from '../engine/index.js'
import type { CheckItem } from './dto/system.dto.js'

/** What a host is looked at for: each row finds one thing and says how to mend it. */
const CHECKS: readonly ((info: SystemInfo, version: SystemVersion) => CheckItem)[] = [
  (_, version) =>
    judge('api', atLeast(version.ApiVersion, 1, 41), `engine API ${version.ApiVersion}`, 'upgrade the engine to Docker 20.10 or newer'),
  (_, version) =>
    judge(
      'kernel',
      atLeast(version.KernelVersion ?? '0', 3, 8),
      `kernel ${version.KernelVersion ?? 'unknown'}`,
      'boot a kernel of 3.8 or newer',
    ),
  (info) => judge('architecture', /64|s390x/.test(info.Architecture), info.Architecture, 'use a 64 bit host'),
  (info) =>
    judge(
      'cgroups',
      info.CgroupDriver !== 'none',
      `version ${info.CgroupVersion ?? '1'}, driver ${info.CgroupDriver}`,
      'mount the cgroup file systems before the engine starts',
    ),
  (info) =>
    judge(
      'memory-limit',
      info.MemoryLimit !== false,
      info.MemoryLimit === false ? 'not supported' : 'supported',
      'boot with cgroup_enable=memory, else a container can use all memory of the host',
    ),
  (info) =>
    judge(
      'cpu-limit',
      info.CpuCfsQuota !== false,
      info.CpuCfsQuota === false ? 'not supported' : 'supported',
      'use a kernel with CONFIG_CFS_BANDWIDTH',
    ),
  (info) =>
    judge(
      'pids-limit',
      info.PidsLimit !== false,
      info.PidsLimit === false ? 'not supported' : 'supported',
      'mount the pids cgroup, else a fork bomb in a container stops the host',
    ),
  (info) =>
    advise(
      'storage-driver',
      info.Driver !== 'vfs' && info.Driver !== 'devicemapper',
      info.Driver,
      'put the data root on a file system that overlay2 supports',
    ),
  (info) =>
    advise(
      'seccomp',
      (info.SecurityOptions ?? []).some((option) => option.includes('seccomp')),
      (info.SecurityOptions ?? []).join(' ') || 'none',
      'use a kernel with CONFIG_SECCOMP_FILTER',
    ),
  (info) => found('registry-mirrors', mirrors(info).join(' ') || 'none'),
  (info) => found('insecure-registries', insecureRegistries(info).join(' ') || 'none'),
]

/** Judges a host by what its engine says of it. */
export function checkHost(info: SystemInfo, version: SystemVersion): CheckItem[] {
  return [judge('engine', true, `Docker ${version.Version}`, ''), ...CHECKS.map((check) => check(info, version))]
}

/** The one item of a host whose engine does not answer. */
export function engineDown(state: EngineState): CheckItem {
  const detail =
    state.problem === 'version'
      ? `engine API ${state.version ?? 'unknown'} is older than 1.41`
      : `the engine is ${state.problem ?? 'not known'} since ${state.since.toISOString()}`
  return { name: 'engine', result: 'failed', detail, fix: 'start it (systemctl start docker) and check BERTH_DOCKER_HOST' }
}

export function mirrors(info: SystemInfo): string[] {
  return [...(info.RegistryConfig?.Mirrors ?? [])]
}

/** Address ranges and single registries that may be reached without TLS. */
export function insecureRegistries(info: SystemInfo): string[] {
  const single = Object.entries(info.RegistryConfig?.IndexConfigs ?? {}).filter(([, index]) => !index.Secure)
  return [...(info.RegistryConfig?.InsecureRegistryCIDRs ?? []), ...single.map(([name]) => name)]
}

function judge(name: string, ok: boolean, detail: string, fix: string): CheckItem {
  return { name, result: ok ? 'ok' : 'failed', detail, fix: ok ? null : fix }
}

function advise(name: string, ok: boolean, detail: string, fix: string): CheckItem {
  return { name, result: ok ? 'ok' : 'warning', detail, fix: ok ? null : fix }
}

function found(name: string, detail: string): CheckItem {
  return { name, result: 'ok', detail, fix: null }
}

function atLeast(version: string, major: number, minor: number): boolean {
  const [a = 0, b = 0] = version.split(/[.-]/).map(Number)
  return a > major || (a === major && b >= minor)
}
