import { AppError, type FieldError } from '../common/errors.js'

type Rule = (value: unknown) => string | null

/** Fields of one inbound event; `?` at the end of a name: may be left out. */
export type Shape = Readonly<Record<string, Rule>>

const text =
  (limit: number): Rule =>
  (value) =>
    typeof value === 'string' && value.length > 0 && value.length <= limit ? null : `must be a text of 1 to ${limit} characters`

const integer =
  (least: number, most: number): Rule =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? null
      : `must be an integer from ${least} to ${most}`

const bytes: Rule = (value) => (typeof value === 'string' || value instanceof Uint8Array ? null : 'must be binary or text')
const flag: Rule = (value) => (typeof value === 'boolean' ? null : 'must be true or false')
const object: Rule = (value) => (isPlainObject(value) ? null : 'must be an object')

/** What each inbound event must look like. */
export const SHAPES = {
  'stream:open': { kind: text(64), 'params?': object },
  'stream:input': { streamId: text(64), 'data?': bytes, 'end?': flag },
  'stream:resize': { streamId: text(64), rows: integer(1, 1_000), cols: integer(1, 1_000) },
  'stream:credit': { streamId: text(64), bytes: integer(1, 2 ** 31) },
  'stream:close': { streamId: text(64) },
} as const satisfies Record<string, Shape>

export type InboundEvent = keyof typeof SHAPES

export function isInbound(event: string): event is InboundEvent {
  return Object.hasOwn(SHAPES, event)
}

/**
 * Checks one message against its shape; all wrong fields at once.
 * @throws AppError INVALID_REQUEST
 */
export function assertShape(message: unknown, shape: Shape): asserts message is Record<string, unknown> {
  if (!isPlainObject(message))
    throw new AppError('INVALID_REQUEST', {
      reason: 'the message is not an object',
      errors: [{ pointer: '', detail: 'must be an object' }],
    })
  const known = new Map(Object.entries(shape).map(([name, rule]) => [name.replace(/\?$/, ''), { rule, optional: name.endsWith('?') }]))
  const errors: FieldError[] = Object.keys(message)
    .filter((name) => !known.has(name))
    .map((name) => ({ pointer: pointerTo(name), detail: 'is not a field of this event' }))
  for (const [name, { rule, optional }] of known) {
    const value = Object.hasOwn(message, name) ? message[name] : undefined
    const detail = value === undefined ? (optional ? null : 'is required') : rule(value)
    if (detail) errors.push({ pointer: pointerTo(name), detail })
  }
  if (errors.length > 0) throw new AppError('INVALID_REQUEST', { reason: 'some fields are wrong', errors: errors.slice(0, 20) })
}

/** A JSON pointer of one step, of bounded length. */
export function pointerTo(name: string, prefix = ''): string {
  return `${prefix}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`.slice(0, 512)
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
