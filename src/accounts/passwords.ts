import { Injectable } from '@nestjs/common'
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { AppError } from '../common/errors.js'
import { WorkSlots } from './work-slots.js'

/** OWASP password storage cheat sheet, Argon2id: 19 MiB, 2 passes, 1 lane. About 40 ms of one core. */
const COST = { memory: 19_456, passes: 2, parallelism: 1 } as const
const TAG_BYTES = 32
const SALT_BYTES = 16

/** PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>`, base64 without padding. */
const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

export const PASSWORD_MIN = 12
export const PASSWORD_MAX = 256

/** Wraps one check of a password, for instance with the counting of failures. */
export type AroundCheck = (check: () => Promise<boolean>) => Promise<boolean>

/** Argon2id, two at once: a flood of logins must not take all cores or all memory. */
@Injectable()
export class Passwords {
  private readonly slots = new WorkSlots(2, 64)
  /** Checked against for users who do not exist, so that the time does not tell. No password has this tag. */
  private readonly nobody = encode(COST, randomBytes(SALT_BYTES), randomBytes(TAG_BYTES))

  /** @throws AppError RATE_LIMITED when too many wait. */
  hash(password: string): Promise<string> {
    return this.slots.run(async () => {
      const salt = randomBytes(SALT_BYTES)
      return encode(COST, salt, await derive(password, salt, COST, TAG_BYTES))
    })
  }

  /**
   * Is it the password? `stored` null (no such user) takes as long and is false.
   * @param around runs inside the slot, so at most two checks are ever between its count and its result
   * @throws AppError RATE_LIMITED when too many wait, and what `around` throws.
   */
  verify(password: string, stored: string | null, around: AroundCheck = (check) => check()): Promise<boolean> {
    return this.slots.run(() => around(() => matches(password, stored ?? this.nobody)))
  }

  /** @throws AppError INVALID_REQUEST for a password that may not be set. */
  assertAllowed(password: string, username: string, pointer = '/password'): void {
    const detail =
      password.length < PASSWORD_MIN || password.length > PASSWORD_MAX
        ? `must have ${PASSWORD_MIN} to ${PASSWORD_MAX} characters`
        : password.toLowerCase() === username.toLowerCase()
          ? 'must not be the user name'
          : null
    if (detail) throw new AppError('INVALID_REQUEST', { reason: 'the password is not allowed', errors: [{ pointer, detail }] })
  }
}

async function matches(password: string, stored: string): Promise<boolean> {
  const parts = PHC.exec(stored)
  if (!parts) return false
  const [, memory, passes, parallelism, salt, tag] = parts
  const right = Buffer.from(tag!, 'base64')
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) }
  return timingSafeEqual(await derive(password, Buffer.from(salt!, 'base64'), cost, right.length), right)
}

interface Cost {
  readonly memory: number
  readonly passes: number
  readonly parallelism: number
}

function derive(password: string, nonce: Buffer, cost: Cost, tagLength: number): Promise<Buffer> {
  // NFC: the same password typed on two systems may come in two forms.
  const message = Buffer.from(password.normalize('NFC'))
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message, nonce, tagLength, ...cost }, (error, tag) => (error ? reject(error) : resolve(tag)))
  })
}

function encode({ memory, passes, parallelism }: Cost, salt: Buffer, tag: Buffer): string {
  const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${text(salt)}$${text(tag)}`
}
