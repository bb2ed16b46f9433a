import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common'
import { TOTP } from 'otpauth'
import { randomBytes } from 'node:crypto'
import { AppError } from '../common/errors.js'
import { nowIso } from '../common/clock.js'
import type { TotpRow, UserRow } from '../store/schema.js'
import { SecretBox } from '../store/secret-box.js'
import { TotpStore } from '../store/totp.store.js'
import { sha256 } from './secrets.js'

/** What authenticator programs all understand (RFC 6238): SHA-1, six digits, thirty seconds. */
const SHAPE = { algorithm: 'SHA1', digits: 6, period: 30 } as const
/** Steps before and after the present one that are taken too, for clocks that differ. */
const WINDOW = 1
const RECOVERY_CODES = 10
/** Whoever begins has the program at hand: a secret that was shown longer ago may have been read by others since. */
const SETUP_MS = 900_000
/** Without 0, 1, I and O, which people confuse. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'

/** A second factor that is being set up. */
export interface Enrolment {
  readonly secret: string
  /** `otpauth://totp/…`, for a QR code. */
  readonly uri: string
}

/** Time-based one-time passwords, each good once, and recovery codes for who lost the device. */
@Injectable()
export class SecondFactor implements OnApplicationBootstrap {
  private readonly logger = new Logger('second-factor')

  constructor(
    private readonly store: TotpStore,
    private readonly box: SecretBox,
  ) {}

  /** After a change of BERTH_SECRETS_KEY: what the old key sealed is sealed with the new one. */
  async onApplicationBootstrap(): Promise<void> {
    for (const row of await this.store.all()) {
      try {
        if (this.box.isOld(row.secret)) await this.store.reseal(row, await this.box.seal(this.secret(row), context(row.user_id)))
      } catch (error) {
        // its owner can't log in until the key is there again, or an administrator takes the factor away
        this.logger.error(`the second factor of user ${row.user_id} can not be opened: ${(error as Error).message}; see BERTH_SECRETS_KEY`)
      }
    }
  }

  /** The factor that a login has to show; null where none was confirmed. */
  async of(userId: string): Promise<TotpRow | null> {
    const row = await this.store.find(userId)
    return row?.confirmed_at ? row : null
  }

  /** @throws AppError CONFLICT while one is in use */
  async enrol(user: UserRow): Promise<Enrolment> {
    const totp = new TOTP({ ...SHAPE, issuer: 'Berth', label: user.username })
    const secret = totp.secret.base32
    const row = {
      user_id: user.id,
      secret: await this.box.seal(secret, context(user.id)),
      confirmed_at: null,
      last_step: 0,
      recovery: '[]',
      created_at: nowIso(),
    }
    if (!(await this.store.begin(row))) throw new AppError('CONFLICT', { reason: 'a second factor is in use: disable it first' })
    return { secret, uri: totp.toString() }
  }

  /** From now on it is asked for. Answers the recovery codes, this once; null when the code is wrong. @throws AppError CONFLICT */
  async confirm(user: UserRow, code: string): Promise<string[] | null> {
    const row = await this.store.find(user.id)
    if (!row || row.confirmed_at || row.created_at < nowIso(-SETUP_MS))
      throw new AppError('CONFLICT', {
        reason: 'no second factor is being set up, or it began more than 15 minutes ago: begin with POST /me/totp',
      })
    const step = this.stepOf(row, code)
    if (step === null) return null
    const codes = Array.from({ length: RECOVERY_CODES }, recoveryCode)
    const recovery = JSON.stringify(codes.map((each) => sha256(plain(each))))
    if (!(await this.store.confirm(row, { confirmed_at: nowIso(), last_step: step, recovery })))
      throw new AppError('CONFLICT', { reason: 'the second factor was changed in the meantime' })
    return codes
  }

  /** Takes a code, or a recovery code; each is good once, whoever sends it at the same time. */
  async take(row: TotpRow, code: string): Promise<boolean> {
    const step = this.stepOf(row, code)
    if (step !== null) return this.store.step(row.user_id, step)
    const left = recoveryOf(row)
    const given = sha256(plain(code))
    return left.includes(given) && this.store.recover(row, JSON.stringify(left.filter((each) => each !== given)))
  }

  /** False when there was none. */
  remove(userId: string): Promise<boolean> {
    return this.store.remove(userId)
  }

  /** The time step of a code; null when it is none of this moment. */
  private stepOf(row: TotpRow, code: string): number | null {
    const token = code.replaceAll(/\s/g, '')
    if (!/^\d{6}$/.test(token)) return null
    const totp = new TOTP({ ...SHAPE, secret: this.secret(row) })
    const timestamp = Date.now()
    const delta = totp.validate({ token, timestamp, window: WINDOW })
    return delta === null ? null : totp.counter({ timestamp }) + delta
  }

  private secret({ secret, user_id }: TotpRow): string {
    return this.box.open(secret, context(user_id))
  }
}

export function recoveryOf({ recovery }: TotpRow): string[] {
  return JSON.parse(recovery) as string[]
}

/** Another user's sealed secret opens for nobody else. */
function context(userId: string): string {
  return `totp ${userId}`
}

/** 50 bits: more than can be tried under the throttle in any life. */
function recoveryCode(): string {
  const letters = [...randomBytes(10)].map((byte) => LETTERS[byte % LETTERS.length]!).join('')
  return `${letters.slice(0, 5)}-${letters.slice(5)}`
}

function plain(code: string): string {
  return code.replaceAll(/[\s-]/g, '').toUpperCase()
}
