import { type ArgumentMetadata, Injectable, ValidationPipe } from '@nestjs/common'
import type { ValidationError } from 'class-validator'
import { AppError, type FieldError } from '../common/errors.js'

class Invalid extends Error {
  constructor(readonly errors: ValidationError[]) {
    super()
  }
}

/** class-validator on every body, query and parameter object: unknown fields are errors, all errors come at once with pointers. */
@Injectable()
export class StrictValidationPipe extends ValidationPipe {
  constructor() {
    super({
      whitelist: true,
      forbidNonWhitelisted: true,
      forbidUnknownValues: true,
      transform: true,
      stopAtFirstError: true,
      exceptionFactory: (errors) => new Invalid(errors),
    })
  }

  override async transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    // of a grant, a signal or a stream nothing came from the client as it is
    if (metadata.type === 'custom') return value
    try {
      assertPlain(value, metadata.type === 'body' ? '' : `/${metadata.type}`)
      return await super.transform(prepared(value, metadata), metadata)
    } catch (error) {
      if (!(error instanceof Invalid)) throw error
      const prefix = metadata.type === 'body' ? '' : `/${metadata.type}`
      throw new AppError('INVALID_REQUEST', { reason: 'some fields are wrong', errors: flatten(error.errors, prefix) })
    }
  }
}

function prepared(value: unknown, metadata: ArgumentMetadata): unknown {
  if (metadata.type === 'query' && typeof value === 'object' && value !== null) {
    // The access guard has consumed them.
    const { team: _team, dryRun: _dryRun, ...rest } = value as Record<string, unknown>
    return rest
  }
  if (metadata.type !== 'body') return value
  if (value === undefined || value === null) return {}
  if (typeof value === 'object' && !Array.isArray(value)) return value
  throw new AppError('INVALID_REQUEST', { reason: 'the body is not an object', errors: [{ pointer: '', detail: 'must be an object' }] })
}

/** class-transformer drops some keys without a word, and a key that is not read must be an error. No text has NUL: PostgreSQL fails on it. */
function assertPlain(value: unknown, pointer: string): void {
  if (typeof value === 'string' && value.includes('\0'))
    throw new AppError('INVALID_REQUEST', { reason: 'some fields are wrong', errors: [{ pointer, detail: 'must not have NUL in it' }] })
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    const here = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`.slice(0, 512)
    if (key === '__proto__' || key === 'constructor')
      throw new AppError('INVALID_REQUEST', {
        reason: 'some fields are wrong',
        errors: [{ pointer: here, detail: 'is not a field of this operation' }],
      })
    assertPlain(inner, here)
  }
}

/** class-validator's tree as a list of JSON pointers. */
export function flatten(errors: readonly ValidationError[], prefix: string): FieldError[] {
  return errors.flatMap((error) => {
    const pointer = `${prefix}/${error.property.replaceAll('~', '~0').replaceAll('/', '~1')}`.slice(0, 512)
    const own = Object.entries(error.constraints ?? {}).map(([rule, text]) => ({
      pointer,
      detail: rule === 'whitelistValidation' ? 'is not a field of this operation' : text.replace(`${error.property} `, '').slice(0, 300),
    }))
    return [...own, ...flatten(error.children ?? [], pointer)]
  })
}
