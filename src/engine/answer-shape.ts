import { AppError } from '../common/errors.js'

/** Checks what the engine answered and gives it its type; throws ENGINE_PROTOCOL when it is something else. */
export type Shape<T> = (value: unknown) => T

type FieldKind = 'string' | 'number' | 'boolean' | 'object' | 'array'

/** An object whose named fields have these kinds: enough that garbage never gets further, cheap enough for long lists. */
export function object<T extends object>(fields: { readonly [F in keyof NoInfer<T>]?: FieldKind }): Shape<T> {
  const checks = Object.entries(fields) as [string, FieldKind][]
  return (value) => {
    if (kindOf(value) !== 'object') throw garbage(`an object was expected, not ${kindOf(value)}`)
    for (const [name, kind] of checks) {
      const found = kindOf((value as Record<string, unknown>)[name])
      if (found !== kind) throw garbage(`${name} should be ${kind}, not ${found}`)
    }
    return value as T
  }
}

/** A list of such; null, which Go sends for an empty one, becomes []. */
export function listOf<T>(item: Shape<T>): Shape<T[]> {
  return (value) => {
    if (value === null) return []
    if (!Array.isArray(value)) throw garbage(`a list was expected, not ${kindOf(value)}`)
    return value.map(item)
  }
}

/** One JSON document; throws ENGINE_PROTOCOL for anything else. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw garbage(`not json: ${text.slice(0, 80)}`)
  }
}

/** The error for an answer that is not understood; the text is for the log only. */
export function garbage(text: string): AppError {
  return new AppError('ENGINE_PROTOCOL', {}, { cause: text })
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  return value === null ? 'null' : typeof value
}
