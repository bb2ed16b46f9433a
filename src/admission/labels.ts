import { registerDecorator } from 'class-validator'

const MAX_LABELS = 64
const MAX_KEY = 255
const MAX_VALUE = 4096

/** Why a label is refused. */
export const RESERVED_LABEL = 'labels berth.* and com.docker.* (but com.docker.compose.*) are reserved'

/** Labels that only the gateway, or the engine's own tools, may write. */
export function isReservedLabel(key: string): boolean {
  const lower = key.toLowerCase()
  if (lower === 'berth' || lower.startsWith('berth.')) return true
  return lower.startsWith('com.docker.') && !lower.startsWith('com.docker.compose.')
}

/** The labels that a team may see: those that the gateway writes are its own affair. */
export function ownLabels(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !key.startsWith('berth.')))
}

/** Does the filter `key` or `key=value` fit? */
export function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const at = wanted.indexOf('=')
  if (at < 0) return Object.hasOwn(labels, wanted)
  const key = wanted.slice(0, at)
  return Object.hasOwn(labels, key) && labels[key] === wanted.slice(at + 1)
}

/** class-validator: a map of at most 64 labels, text to text, without NUL. */
export function IsLabelMap() {
  const defaultMessage = (): string => `must map at most ${MAX_LABELS} texts of 1 to ${MAX_KEY} characters to texts of at most ${MAX_VALUE}`
  return (target: object, propertyName: string): void =>
    registerDecorator({ name: 'isLabelMap', target: target.constructor, propertyName, validator: { validate: isLabelMap, defaultMessage } })
}

function isLabelMap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const entries = Object.entries(value as Record<string, unknown>)
  return entries.length <= MAX_LABELS && entries.every(([key, text]) => key !== '' && isText(key, MAX_KEY) && isText(text, MAX_VALUE))
}

function isText(value: unknown, longest: number): boolean {
  return typeof value === 'string' && value.length <= longest && !value.includes('\0')
}
