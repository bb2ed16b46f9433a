/** What the rules of a sweep are made of; see profile-rules.ts. */
export type Profile = 'restricted' | 'baseline' | 'privileged'

/** Whose container it is, and what the team was given. */
export interface Judge {
  /** What the engine names of its things begin with: `team--`. */
  readonly prefix: string
  readonly profile: Profile
  readonly granted: Grants
  /** Host ports that the team may name. */
  readonly ports: readonly [number, number]
  /** Seccomp profiles that it was granted by name, as the engine has them: `seccomp=<content>`. */
  readonly filters: ReadonlySet<string>
  /** Host folders that it may mount, and whether they are read-only. */
  readonly folders: ReadonlyMap<string, { readonly readOnly: boolean }>
  /** Full ids of its containers; engine names of its volumes; names and ids of its networks. */
  readonly containers: ReadonlySet<string>
  readonly volumes: ReadonlySet<string>
  readonly networks: ReadonlySet<string>
  readonly runtime: string
}

export interface Grants {
  readonly hostPaths: readonly string[]
  readonly capabilities: readonly string[]
  readonly devices: readonly string[]
  readonly sysctls: readonly string[]
  readonly securityOptions: readonly string[]
  readonly runtimes: readonly string[]
  readonly dns: readonly string[]
  readonly cgroupParent: string
}

/** True: obeyed. Anything else: what is wrong. */
export type Rule = (value: unknown, judge: Judge, all: Readonly<Record<string, unknown>>) => true | string

export const MIB = 1024 * 1024
export const SECOND = 1_000_000_000
export const CAPABILITIES =
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(' ')
export const SYSCTLS =
  /^(kernel\.shm_rmid_forced|net\.ipv4\.(ip_local_port_range|ip_local_reserved_ports|ip_unprivileged_port_start|ping_group_range|tcp_fin_timeout|tcp_keepalive_(intvl|probes|time)|tcp_syncookies))$/
export const KERNEL = /^\/+(proc|sys|dev)(\/|$)/

/** A field that should be a word, and may be anything. */
export const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? ''))
export const list = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : [])
export const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  value === false ||
  value === 0 ||
  (typeof value === 'object' && Object.keys(value).length === 0)
export const empty: Rule = (value) => isEmpty(value) || 'must be empty'
export const is =
  (...allowed: readonly unknown[]): Rule =>
  (value) =>
    allowed.includes(value ?? '') || `must be ${allowed.map((each) => JSON.stringify(each)).join(' or ')}`
export const anything: Rule = () => true
/** 0 below privileged, 1 there. */
export const by =
  (rules: Readonly<Record<Profile, Rule>>): Rule =>
  (value, judge, all) =>
    rules[judge.profile](value, judge, all)
const orEmpty =
  (rule: Rule): Rule =>
  (value, judge, all) =>
    isEmpty(value) || rule(value, judge, all)
export const onlyPrivileged = (rule: Rule): Rule => by({ restricted: empty, baseline: empty, privileged: orEmpty(rule) })
export const notRestricted = (rule: Rule): Rule => by({ restricted: empty, baseline: orEmpty(rule), privileged: orEmpty(rule) })
export const between =
  (least: number, most: number): Rule =>
  (value) =>
    (typeof (value ?? 0) === 'number' && Number(value ?? 0) >= least && Number(value ?? 0) <= most) || `must be ${least} to ${most}`
export const subset =
  (allowed: (judge: Judge) => readonly string[], what: string): Rule =>
  (value, judge) => {
    const wrong = list(value).find(
      (each) => !allowed(judge).includes(each.toUpperCase().replace(/^CAP_/, '')) && !allowed(judge).includes(each),
    )
    return wrong === undefined || `${wrong} is not ${what}`
  }
export const unlessPrivileged =
  (rule: Rule): Rule =>
  (value, judge, all) =>
    all['Privileged'] === true || rule(value, judge, all)
