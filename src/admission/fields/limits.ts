import { byDefault, only, type Rule } from './rule.js'

/** Rules that several rows share. Sizes are bytes. */
const MiB = 1024 * 1024

/** Pod Security Standards, baseline: capabilities that a container may add. */
export const BASELINE_CAPABILITIES = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
] as const

/** Pod Security Standards, baseline: sysctls that are namespaced. */
export const SAFE_SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_syncookies',
] as const

/** `CAP_CHOWN`, `chown` and `CHOWN` are the same to the engine. */
export function capabilityName(name: string): string {
  return name.toUpperCase().replace(/^CAP_/, '')
}

export function capabilities(allowed: readonly string[]): Rule {
  return only(`only ${allowed.join(', ')}`, (names: string[], { granted }) =>
    names.every((name) => allowed.includes(capabilityName(name)) || granted.capabilities.includes(capabilityName(name))),
  )
}

export function sysctls(allowed: readonly string[]): Rule {
  return only(allowed.length === 0 ? 'must be absent' : `only ${allowed.join(', ')}`, (map: Record<string, string>, { granted }) =>
    Object.keys(map).every((name) => allowed.includes(name) || granted.sysctls.includes(name)),
  )
}

export function range(min: number, max: number, unit = ''): Rule {
  return only(`from ${min} to ${max}${unit}`, (value: number) => value >= min && value <= max)
}

export function oneOf(...values: readonly string[]): Rule {
  return only(`one of ${values.map((value) => value || 'nothing').join(', ')}`, (value: string) => values.includes(value))
}

export function atMost(count: number, each: RegExp, what: string): Rule {
  return only(`at most ${count}, each ${what}`, (list: string[]) => list.length <= count && list.every((item) => each.test(item)))
}

/** Text without control characters, bounded. */
export function text(max: number): Rule {
  // eslint-disable-next-line no-control-regex -- a NUL ends a C string: what was judged would not be what runs
  return only(`at most ${max} characters without control characters`, (value: string) => value.length <= max && !/[\0\r]/.test(value))
}

/** Command words and environment: bounded as the kernel bounds them, no NUL. */
export const WORDS = only(
  'at most 4,096 words of 128 KiB, without NUL',
  (list: string[]) => list.length <= 4096 && list.every((word) => word.length <= 131_072 && !word.includes('\0')),
)

/** Memory in bytes: the team's default where none is asked for, and never more than its limit. */
export function memory(fallbackMiB: number): Rule {
  return byDefault(
    ({ limits }) => Math.min(fallbackMiB * MiB, limits.memory),
    only("from 6 MiB to the team's limit", (bytes: number, { limits }) => bytes >= 6 * MiB && bytes <= limits.memory),
  )
}

export function nanoCpus(fallback: number): Rule {
  return byDefault(
    ({ limits }) => Math.min(fallback * 1e9, limits.nanoCpus),
    only("from 0.01 cpus to the team's limit", (value: number, { limits }) => value >= 1e7 && value <= limits.nanoCpus),
  )
}

export function pids(fallback: number): Rule {
  return byDefault(
    ({ limits }) => Math.min(fallback, limits.pids),
    only("from 1 to the team's limit", (value: number, { limits }) => value >= 1 && value <= limits.pids),
  )
}

export function shm(maxMiB: number): Rule {
  return range(1, maxMiB * MiB, ' bytes')
}

/** Absolute, and not a window to the kernel: a working directory in /proc/self/fd once was a way to the host (CVE-2024-21626). */
export const WORKING_DIR = only('an absolute path, not in /proc, /sys or /dev', (path: string) => isSafePath(path))

export function isSafePath(path: string): boolean {
  return (
    path.length <= 4096 &&
    path.startsWith('/') &&
    !path.includes('\0') &&
    !path.split('/').includes('..') &&
    !/^\/+(proc|sys|dev)(\/|$)/.test(path)
  )
}
