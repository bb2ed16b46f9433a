import { isHarmlessPath, normalTarget } from '../paths.js'
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

/** `named`: also what an administrator named for the team. */
export function capabilities(allowed: readonly string[], named = false): Rule {
  return only(`only ${allowed.join(', ')}${named ? ', and what an administrator named' : ''}`, (names: string[], { granted }) =>
    names.every((name) => allowed.includes(capabilityName(name)) || (named && granted.capabilities.includes(capabilityName(name)))),
  )
}

/** `named`: also what an administrator named for the team. */
export function sysctls(allowed: readonly string[], named = false): Rule {
  return only(`only ${allowed.join(', ')}${named ? ', and what an administrator named' : ''}`, (map: Record<string, string>, { granted }) =>
    Object.keys(map).every((name) => allowed.includes(name) || (named && granted.sysctls.includes(name))),
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

/** Without swap, or the limit of memory would be twice what it says. */
export const MEMORY_SWAP: Rule = {
  text: 'the same as Memory: no swap is given',
  judge: (value, _context, { built }) =>
    value === undefined || value === built['Memory'] ? { write: built['Memory'] } : { violation: 'the same as Memory: no swap is given' },
}

export const MEMORY_RESERVATION: Rule = only(
  'at most Memory',
  (bytes: number, _context, { built }) => bytes >= 0 && bytes <= Number(built['Memory'] ?? Number.POSITIVE_INFINITY),
)

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

const SECOND = 1_000_000_000

/** A duration in nanoseconds, told in seconds. */
export function seconds(least: number, most: number): Rule {
  return only(
    `${least} second${least === 1 ? '' : 's'} or more, and ${most} seconds at most`,
    (value: number) => value >= least * SECOND && value <= most * SECOND,
  )
}

/** A number that is not 0, whether the request says it or the image. */
export const NUMERIC_USER: Rule = {
  text: 'a number that is not 0, by the request or the image: root, and a name that the image maps to anybody, are not allowed',
  judge(value, { imageUser }) {
    const user = value ?? imageUser
    // Not known yet: it is judged again with the image.
    if (user === undefined || /^[1-9]\d{0,9}(:[1-9]\d{0,9})?$/.test(user as string)) return { write: user }
    return { violation: this.text }
  },
}

/** A path as the engine will spell it, so that what is judged is what comes back. */
function path(text: string, root: boolean): Rule {
  return {
    text,
    judge(value) {
      if (value === undefined) return { write: value }
      return isHarmlessPath(value as string, { root }) ? { write: normalTarget(value as string) } : { violation: text }
    },
  }
}

/** A working directory in /proc/self/fd once was a way to the host (CVE-2024-21626). */
export const WORKING_DIR: Rule = path('must be an absolute path, and not /proc, /sys, /dev or below these', true)

export const TARGET: Rule = path('must be an absolute path, and not /, /proc, /sys, /dev or below these', false)
