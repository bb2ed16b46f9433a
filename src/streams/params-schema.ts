import type { Type } from '@nestjs/common'
import { getMetadataStorage } from 'class-validator'

/** JSON schema of a property or an object, as far as we write it. */
export type JsonSchema = Record<string, unknown>

interface Rule {
  readonly propertyName: string
  readonly type: string
  readonly name?: string | undefined
  readonly each?: boolean
  readonly constraints?: readonly unknown[]
}

/** What a class-validator rule says in JSON schema; rules of our own say it in words, by their doc comments. */
const BY_RULE: Readonly<Record<string, (constraints: readonly unknown[]) => JsonSchema>> = {
  isString: () => ({ type: 'string' }),
  isInt: () => ({ type: 'integer' }),
  isNumber: () => ({ type: 'number' }),
  isBoolean: () => ({ type: 'boolean' }),
  isUuid: () => ({ type: 'string', format: 'uuid' }),
  isIn: ([values]) => ({ enum: values }),
  min: ([least]) => ({ minimum: least }),
  max: ([most]) => ({ maximum: most }),
  minLength: ([least]) => ({ minLength: least }),
  maxLength: ([most]) => ({ maxLength: most }),
  matches: ([pattern]) => ({ pattern: (pattern as RegExp).source }),
  arrayMinSize: ([least]) => ({ minItems: least }),
  arrayMaxSize: ([most]) => ({ maxItems: most }),
  arrayUnique: () => ({ uniqueItems: true }),
}

const BY_DESIGN = new Map<unknown, string>([
  [String, 'string'],
  [Boolean, 'boolean'],
  [Number, 'number'],
  [Array, 'array'],
  [Object, 'object'],
])

/**
 * JSON schema of a params class: from its validation rules, so that it says what is checked, with the descriptions that the
 * build has put on it. Every class that streams take can be described without a change here.
 */
export function paramsSchema(type: Type<object>): JsonSchema {
  const rules = getMetadataStorage().getTargetValidationMetadatas(type, '', false, false) as unknown as Rule[]
  const names = [...new Set(rules.map(({ propertyName }) => propertyName))]
  const properties = Object.fromEntries(
    names.map((name) => [
      name,
      propertySchema(
        type,
        name,
        rules.filter(({ propertyName }) => propertyName === name),
      ),
    ]),
  )
  const required = names.filter((name) => !rules.some((rule) => rule.propertyName === name && rule.type === 'conditionalValidation'))
  return { type: 'object', ...(required.length > 0 && { required }), properties, additionalProperties: false }
}

function propertySchema(type: Type<object>, name: string, rules: readonly Rule[]): JsonSchema {
  const design = BY_DESIGN.get(Reflect.getMetadata('design:type', type.prototype as object, name))
  const schema: JsonSchema = design ? { type: design } : {}
  const items: JsonSchema = {}
  for (const rule of rules) Object.assign(rule.each ? items : schema, BY_RULE[rule.name ?? '']?.(rule.constraints ?? []))
  if (Object.keys(items).length > 0) schema['items'] = items
  return { ...schema, ...described(type, name) }
}

/** By @ApiProperty, and by the doc comment through the build's plugin. */
function described(type: Type<object>, name: string): JsonSchema {
  const built = (type as { _OPENAPI_METADATA_FACTORY?: () => Record<string, JsonSchema> })._OPENAPI_METADATA_FACTORY?.()[name]
  const given = Reflect.getMetadata('swagger/apiModelProperties', type.prototype as object, name) as JsonSchema | undefined
  const schema: JsonSchema = {}
  for (const key of ['type', 'additionalProperties', 'enum', 'description'] as const) {
    const value = given?.[key] ?? (key === 'description' ? built?.[key] : undefined)
    // a class in place of a type's name is what the rules say already
    if (value !== undefined && !(key === 'type' && typeof value !== 'string')) schema[key] = value
  }
  return schema
}
