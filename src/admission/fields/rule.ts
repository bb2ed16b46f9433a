/**
 * The words of the field table. A row says of one field of an engine spec: its JSON type, what each workload profile makes of
 * it, and how the engine's own inspect is compared with what was admitted.
 */

export const PROFILES = ['restricted', 'baseline', 'privileged'] as const
export type Profile = (typeof PROFILES)[number]

/**
 * JSON shape of a field. `[]` is a list, `{}` a map from any key; `object` has rows of its own below `path.`, `object[]` below
 * `path[].` and `object{}` below `path{}.`; `empty{}` is a map to empty objects, a set in the engine's spelling.
 */
export type FieldType =
  | 'string'
  | 'boolean'
  | 'integer'
  | 'string[]'
  | 'integer[]'
  | 'string[][]'
  | 'string{}'
  | 'empty{}'
  | 'object'
  | 'object[]'
  | 'object{}'
  | 'object[]{}'

/**
 * How the engine's inspect is compared. equal: it must answer what was sent. defaulted: or its default where nothing was.
 * merged: with the image's. filled: something of its own, never nothing, unless privileged. unlabelled: equal, but that the
 * engine adds `label=disable` with Privileged and with a namespace of the host (measured). ignored: not compared.
 */
export type Comparison = 'equal' | 'defaulted' | 'merged' | 'filled' | 'unlabelled' | 'ignored'

/** What a rule may know beside the value: limits and grants of the team, and what its references were resolved to. */
export interface JudgeContext {
  readonly profile: Profile
  readonly limits: Limits
  readonly granted: Granted
  /** Engine names and ids that belong to the team: filled by whoever resolved the references. */
  readonly own: Own
  /** Seccomp profiles that the team was granted: name → content. */
  readonly seccomp?: ReadonlyMap<string, string> | undefined
  /** User of the image, which counts where the spec names none; undefined while the image is not known yet. */
  readonly imageUser?: string | undefined
}

/** Upper bounds, from the team's quota and the host. Bytes, cpus in 1e-9, counts. */
export interface Limits {
  readonly memory: number
  readonly nanoCpus: number
  readonly pids: number
  readonly portRange: readonly [number, number]
  /** The engine's own hard limit: a container with more does not start where the engine lacks CAP_SYS_RESOURCE (measured). */
  readonly openFiles: number
}

/** What an administrator gave the team beyond its profile; each profile's rules say what of it they heed. */
export interface Granted {
  readonly hostPaths: readonly string[]
  readonly capabilities: readonly string[]
  readonly devices: readonly string[]
  readonly sysctls: readonly string[]
  readonly securityOptions: readonly string[]
  readonly runtimes: readonly string[]
  readonly dns: readonly string[]
  /** Parent of the team's cgroups; empty: the engine's own. */
  readonly cgroupParent: string
}

export const NOTHING_GRANTED: Granted = {
  hostPaths: [],
  capabilities: [],
  devices: [],
  sysctls: [],
  securityOptions: [],
  runtimes: [],
  dns: [],
  cgroupParent: '',
}

/** Resolved references of the spec: a name that is not here is not the team's. */
export interface Own {
  readonly volumes: ReadonlySet<string>
  readonly containers: ReadonlySet<string>
  readonly networks: ReadonlySet<string>
  /** Short ids of containers on the same network that it may have names of its own for. */
  readonly linked: ReadonlySet<string>
  /** Host folders that were named by the alias of an export, and whether they are read-only. */
  readonly exports: ReadonlyMap<string, { readonly readOnly: boolean }>
  /** Where a container goes that names no network. */
  readonly defaultNetwork: string
}

/** A value that passed, to be written; undefined leaves the field out. Or the text of what was violated, and where inside. */
export type Verdict = { readonly write: unknown } | { readonly violation: string; readonly at?: readonly (string | number)[] }

/** The other fields of the same object. */
export interface Siblings {
  /** As the client sent them; types are not checked yet. */
  readonly given: Readonly<Record<string, unknown>>
  /** As they will be written, of rows that stand before this one. */
  readonly built: Readonly<Record<string, unknown>>
}

/** Judges one field. `value` has the row's type, or is undefined where the client sent nothing (or the neutral value). */
export interface Rule {
  readonly text: string
  readonly judge: (value: unknown, context: JudgeContext, siblings: Siblings) => Verdict
}

export interface FieldRow {
  readonly type: FieldType
  readonly rules: Readonly<Record<Profile, Rule>>
  readonly compare: Comparison
  /** An empty list or 0 is a value here, not "not given": an empty entrypoint takes the image's away. */
  readonly emptyCounts?: boolean
  /** First and last engine API version that has the field, where not all from 1.41 to 1.55. */
  readonly since?: string
  readonly until?: string
}

/** Any value of the type; left out when absent. */
export const allow: Rule = { text: 'allowed', judge: (value) => ({ write: value }) }

/** Must be absent. The engine's neutral values count as absent, since its clients send them for every field. */
export const absent: Rule = {
  text: 'must be absent',
  judge: (value) => (value === undefined ? { write: undefined } : { violation: 'must be absent' }),
}

/** Always written by the gateway; the client may say nothing or the same. */
export function set(fixed: unknown): Rule {
  const text = `is always ${JSON.stringify(fixed)}`
  return { text, judge: (value) => (value === undefined || same(value, fixed) ? { write: fixed } : { violation: text }) }
}

/** A predicate with its text; absent passes. */
export function only(text: string, holds: (value: never, context: JudgeContext, siblings: Siblings) => boolean): Rule {
  return {
    text,
    judge: (value, context, siblings) =>
      value === undefined || holds(value as never, context, siblings) ? { write: value } : { violation: text },
  }
}

/** Like {@link only}, with a value that is written where the client sent none. */
export function byDefault(fallback: (context: JudgeContext, siblings: Siblings) => unknown, rule: Rule): Rule {
  return { text: rule.text, judge: (value, context, siblings) => rule.judge(value ?? fallback(context, siblings), context, siblings) }
}

/** The same rule with a text that says what to do instead. */
export function saying(text: string, rule: Rule): Rule {
  return {
    text,
    judge: (value, context, siblings) => {
      const verdict = rule.judge(value, context, siblings)
      return 'violation' in verdict ? { ...verdict, violation: text } : verdict
    },
  }
}

/** An object whose own rows decide; it is walked also where the client sent none, so that their defaults are written. */
export const object: Rule = { text: 'its fields decide', judge: (value) => ({ write: value ?? {} }) }

/** Each entry of a map by its key; the first that does not hold is named. */
export function eachKey(text: string, holds: (key: string) => boolean): Rule {
  return {
    text,
    judge: (value) => {
      const wrong = Object.keys((value as object | undefined) ?? {}).find((key) => !holds(key))
      return wrong === undefined ? { write: value } : { violation: text, at: [wrong] }
    },
  }
}

/** All of them; the first violation is told, and what one writes the next one judges. */
export function every(...rules: readonly Rule[]): Rule {
  return {
    text: rules.map(({ text }) => text).join('; '),
    judge: (value, context, siblings) => {
      let written = value
      for (const rule of rules) {
        const verdict = rule.judge(written, context, siblings)
        if ('violation' in verdict) return verdict
        written = verdict.write
      }
      return { write: written }
    },
  }
}

/** The client's list and ours. */
export function withAlways(always: readonly string[], rule: Rule): Rule {
  return {
    text: rule.text,
    judge: (value, context, siblings) => {
      const verdict = rule.judge(value, context, siblings)
      if ('violation' in verdict) return verdict
      return { write: [...new Set([...always, ...((value as string[] | undefined) ?? [])])] }
    },
  }
}

/** The same rule in every profile. */
export function everywhere(rule: Rule): Record<Profile, Rule> {
  return { restricted: rule, baseline: rule, privileged: rule }
}

export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** What the engine takes for "not given": its clients send these for fields that their user never named. */
export function isNeutral(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === false || value === 0) return true
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && Object.keys(value).length === 0
}
