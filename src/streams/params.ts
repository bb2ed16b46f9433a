import type { Type } from '@nestjs/common'
import { plainToInstance } from 'class-transformer'
import { validate, type ValidationError } from 'class-validator'
import { AppError, type FieldError } from '../common/errors.js'
import { pointerTo } from './message.js'

const DEFAULT_CREDIT = 262_144
const LEAST_CREDIT = 1_024
const MOST_LEVELS = 8
const MOST_CREDIT = 16 * 1_048_576
/** JSON.parse makes them own keys, and class-transformer skips them in silence: here they are unknown keys like any other. */
const NEVER_KEYS = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * The params of `stream:open` as the kind's class, and the window that every kind takes.
 * @throws AppError INVALID_REQUEST with a pointer for each wrong or unknown key.
 */
export async function readParams<P extends object>(params: Record<string, unknown>, type: Type<P>): Promise<{ params: P; credit: number }> {
  if (isDeeperThan(params, MOST_LEVELS))
    throw new AppError('INVALID_REQUEST', {
      reason: 'the params are nested too deep',
      errors: [{ pointer: '/params', detail: `must have at most ${MOST_LEVELS} levels` }],
    })
  const { credit, ...rest } = params
  const forbidden = Object.keys(params).filter((key) => NEVER_KEYS.has(key))
  const errors: FieldError[] = forbidden.map((key) => ({ pointer: pointerTo(key, '/params'), detail: UNKNOWN }))
  const validCredit =
    credit === undefined || (Number.isInteger(credit) && (credit as number) >= LEAST_CREDIT && (credit as number) <= MOST_CREDIT)
  if (!validCredit) errors.push({ pointer: '/params/credit', detail: `must be an integer from ${LEAST_CREDIT} to ${MOST_CREDIT}` })
  const instance = plainToInstance(type, rest)
  const found = await validate(instance, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true, stopAtFirstError: true })
  errors.push(...flatten(found, '/params'))
  if (errors.length > 0) throw new AppError('INVALID_REQUEST', { reason: 'some fields are wrong', errors: errors.slice(0, 50) })
  return { params: instance, credit: (credit as number | undefined) ?? DEFAULT_CREDIT }
}

/** Level by level: what recurses over nested input ends at the limit of the stack. */
function isDeeperThan(value: object, levels: number): boolean {
  let present: object[] = [value]
  for (let level = 0; present.length > 0; level++) {
    if (level > levels) return true
    present = present.flatMap((each) =>
      each instanceof Uint8Array ? [] : Object.values(each).filter((inner): inner is object => typeof inner === 'object' && inner !== null),
    )
  }
  return false
}

const UNKNOWN = 'is not a parameter of this stream'

function flatten(errors: readonly ValidationError[], prefix: string): FieldError[] {
  return errors.flatMap((error) => {
    const pointer = pointerTo(error.property, prefix)
    const own = Object.entries(error.constraints ?? {}).map(([rule, text]) => ({
      pointer,
      detail: rule === 'whitelistValidation' ? UNKNOWN : text.replace(`${error.property} `, '').slice(0, 300),
    }))
    return [...own, ...flatten(error.children ?? [], pointer)]
  })
}
