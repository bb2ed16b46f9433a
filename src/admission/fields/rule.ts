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

/** equal: the engine must answer what was sent. defaulted: or its default where nothing was. merged: with the image's. ignored: not compared. */
export type Comparison = 'equal' | 'defaulted' | 'merged' | 'ignored'

/** What a rule may know beside the value: limits and grants of the team, and what its references were resolved to. */
export interface JudgeContext {
  readonly profile: Profile
  readonly limits: Limits
  readonly granted: Granted
  /** Engine ids that belong to the team, by what the spec calls them: filled by whoever resolved the references. */
  readonly own: Own
}

/** Upper bounds, from the team's quota and the host. Bytes, cpus in 1e-9, counts. */
export interface Limits {
  readonly memory: number
  readonly nanoCpus: number
  readonly pids: number
  readonly portRange: readonly [number, number]
}

/** What an administrator gave the team beyond its profile. */
export interface Granted {
  readonly hostPaths: readonly string[]
  readonly capabilities: readonly string[]
  readonly devices: readonly string[]
  readonly sysctls: readonly string[]
  readonly securityOptions: readonly string[]
  readonly runtimes: readonly string[]
  readonly dns: readonly string[]
}

export const NOTHING_GRANTED: Granted = {
  hostPaths: [],
  capabilities: [],
  devices: [],
  sysctls: [],
  securityOptions: [],
  runtimes: [],
  dns: [],
}

/** Resolved references of the spec: a name that is not here is not the team's. */
export interface Own {
  readonly volumes: ReadonlySet<string>
  readonly containers: ReadonlySet<string>
  readonly networks: ReadonlySet<string>
}

/** A value that passed, to be written; undefined leaves the field out. Or the text of what was violated. */
export type Verdict = { readonly write: unknown } | { readonly violation: string }

/** Judges one field. `value` has the row's type, or is undefined where the client sent nothing (or the neutral value). */
export interface Rule {
  readonly text: string
  readonly judge: (value: unknown, context: JudgeContext) => Verdict
}

export interface FieldRow {
  readonly type: FieldType
  readonly rules: Readonly<Record<Profile, Rule>>
  readonly compare: Comparison
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
export function only(text: string, holds: (value: never, context: JudgeContext) => boolean): Rule {
  return {
    text,
    judge: (value, context) => (value === undefined || holds(value as never, context) ? { write: value } : { violation: text }),
  }
}

/** Like {@link only}, with a value that is written where the client sent none. */
export function byDefault(fallback: (context: JudgeContext) => unknown, rule: Rule): Rule {
  return { text: rule.text, judge: (value, context) => rule.judge(value ?? fallback(context), context) }
}

/** The client's list and ours. */
export function withAlways(always: readonly string[], rule: Rule): Rule {
  return {
    text: rule.text,
    judge: (value, context) => {
      const verdict = rule.judge(value, context)
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
