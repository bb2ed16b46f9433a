import { AppError, type FieldError, type Violation } from '../../common/errors.js'
import { type FieldRow, type FieldType, isNeutral, type JudgeContext, type Siblings } from './rule.js'

/** A table of rows by path, with its children found once. */
export class FieldTable {
  private readonly children = new Map<string, [name: string, path: string, row: FieldRow][]>()
  private readonly known: ReadonlySet<string>

  constructor(readonly rows: Readonly<Record<string, FieldRow>>) {
    this.known = new Set(Object.keys(rows))
    for (const [path, row] of Object.entries(rows)) {
      const dot = path.lastIndexOf('.')
      const parent = dot < 0 ? '' : path.slice(0, dot)
      this.children.set(parent, [...(this.children.get(parent) ?? []), [path.slice(dot + 1), path, row]])
    }
  }

  has(parent: string, name: string): boolean {
    // A dot would reach over a level.
    return !name.includes('.') && this.known.has(parent === '' ? name : `${parent}.${name}`)
  }

  /** Direct children of an object's path; of list elements it is `path[]`, of map values `path{}`. */
  childrenOf(parent: string): readonly [name: string, path: string, row: FieldRow][] {
    return this.children.get(parent) ?? []
  }
}

/** What a spec is judged against. */
export interface Judgement {
  readonly context: JudgeContext
  /** Engine API version in use, `1.41`. */
  readonly apiVersion: string
}

/** What came of a spec: the body holds only if nothing else is there. */
export interface Survey {
  readonly body: Record<string, unknown>
  /** Wrong shapes and fields without a row. */
  readonly errors: readonly FieldError[]
  readonly violations: readonly Violation[]
}

/**
 * Judges a spec in the engine's shape and builds a NEW body from the allow-list, with every default written out. The spec
 * itself never goes on.
 */
export function survey(table: FieldTable, spec: unknown, judgement: Judgement): Survey {
  const walk = new Walk(table, judgement)
  const body = walk.object(spec, '', '')
  return { body, errors: walk.errors, violations: walk.violations }
}

/**
 * The same for who wants the body or nothing.
 * @throws AppError INVALID_REQUEST with every field of a wrong shape or without a row; else POLICY_DENIED with every violation.
 */
export function judge(table: FieldTable, spec: unknown, judgement: Judgement): Record<string, unknown> {
  const { body, errors, violations } = survey(table, spec, judgement)
  if (errors.length > 0)
    throw new AppError('INVALID_REQUEST', { reason: 'some fields are wrong', errors, ...(violations.length > 0 && { violations }) })
  if (violations.length > 0) throw new AppError('POLICY_DENIED', { profile: judgement.context.profile, violations })
  return body
}

/** A row, and where in the table and in the spec it stands. */
interface Place {
  readonly row: FieldRow
  readonly path: string
  readonly pointer: string
}

/** One way through a spec: collects everything that is wrong, and builds as it goes. */
class Walk {
  readonly errors: FieldError[] = []
  readonly violations: Violation[] = []

  constructor(
    private readonly table: FieldTable,
    private readonly judgement: Judgement,
  ) {}

  object(value: unknown, path: string, pointer: string): Record<string, unknown> {
    if (!isObject(value)) {
      this.errors.push({ pointer, detail: 'must be an object' })
      return {}
    }
    for (const key of Object.keys(value))
      if (!this.table.has(path, key)) this.errors.push({ pointer: step(pointer, key), detail: 'is not a field that is decided on' })
    const body: Record<string, unknown> = {}
    const siblings = { given: value, built: body }
    for (const [name, childPath, row] of this.table.childrenOf(path)) {
      const given = Object.hasOwn(value, name) ? value[name] : undefined
      const built = this.field(given, { row, path: childPath, pointer: step(pointer, name) }, siblings)
      if (built !== undefined) body[name] = built
    }
    return body
  }

  private field(given: unknown, { row, path, pointer }: Place, siblings: Siblings): unknown {
    const value = given === null ? undefined : given
    if (value !== undefined && !hasType(value, row.type)) {
      this.errors.push({ pointer, detail: `must be ${TYPE_TEXT[row.type]}` })
      return undefined
    }
    if (!isInVersion(row, this.judgement.apiVersion)) {
      if (!isNeutral(value)) this.errors.push({ pointer, detail: `is not supported by this engine (API ${this.judgement.apiVersion})` })
      return undefined
    }
    const { context } = this.judgement
    // false and 0 are values where a rule bounds them, and "not given" where it forbids.
    const said = isNeutral(value) && !row.emptyCounts ? undefined : value
    const verdict = row.rules[context.profile].judge(said, context, siblings)
    if ('violation' in verdict) {
      const path = (verdict.at ?? []).reduce<string>(step, pointer)
      this.violations.push({ path, profile: context.profile, rule: verdict.violation })
      return undefined
    }
    return this.nested(verdict.write, row, path, pointer)
  }

  private nested(value: unknown, row: FieldRow, path: string, pointer: string): unknown {
    if (value === undefined) return undefined
    // Lists that a rule writes whole have no client's value in them any more, but are walked all the same.
    if (row.type === 'object') {
      const built = this.object(value, path, pointer)
      return Object.keys(built).length > 0 ? built : undefined
    }
    if (row.type === 'object[]') return (value as unknown[]).map((item, index) => this.object(item, `${path}[]`, step(pointer, index)))
    if (row.type === 'object{}') return this.map(value, (item, at) => this.object(item, `${path}{}`, at), pointer)
    if (row.type === 'object[]{}')
      return this.map(
        value,
        (list, at) => ((list as unknown[] | null) ?? []).map((item, index) => this.object(item, `${path}{}[]`, step(at, index))),
        pointer,
      )
    return value
  }

  private map(value: unknown, build: (item: unknown, pointer: string) => unknown, pointer: string): Record<string, unknown> {
    return Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, build(item, step(pointer, key))]))
  }
}

const TYPE_TEXT: Record<FieldType, string> = {
  string: 'a text',
  boolean: 'true or false',
  integer: 'a whole number',
  'string[]': 'a list of texts',
  'integer[]': 'a list of whole numbers',
  'string[][]': 'a list of lists of texts',
  'string{}': 'a map of texts',
  'empty{}': 'a map to empty objects',
  object: 'an object',
  'object[]': 'a list of objects',
  'object{}': 'a map of objects',
  'object[]{}': 'a map of lists of objects',
}

const TYPES: Record<FieldType, (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  integer: (value) => Number.isSafeInteger(value),
  'string[]': (value) => isListOf(value, TYPES.string),
  'integer[]': (value) => isListOf(value, TYPES.integer),
  'string[][]': (value) => isListOf(value, TYPES['string[]']),
  'string{}': (value) => isMapOf(value, TYPES.string),
  'empty{}': (value) => isMapOf(value, (item) => isObject(item) && Object.keys(item).length === 0),
  object: isObject,
  'object[]': (value) => isListOf(value, isObject),
  'object{}': (value) => isMapOf(value, (item) => item === null || isObject(item)),
  'object[]{}': (value) => isMapOf(value, (item) => item === null || isListOf(item, isObject)),
}

function hasType(value: unknown, type: FieldType): boolean {
  return TYPES[type](value)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isListOf(value: unknown, each: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every((item) => each(item))
}

function isMapOf(value: unknown, each: (item: unknown) => boolean): boolean {
  return isObject(value) && Object.values(value).every((item) => each(item))
}

/** Is the field in this version of the engine's API? */
export function isInVersion(row: Pick<FieldRow, 'since' | 'until'>, apiVersion: string): boolean {
  const minor = (version: string) => Number(version.split('.')[1])
  return minor(apiVersion) >= minor(row.since ?? '1.41') && minor(apiVersion) <= minor(row.until ?? '1.55')
}

/** RFC 6901. */
export function step(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`.slice(0, 512)
}
