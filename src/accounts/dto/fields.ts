import { applyDecorators } from '@nestjs/common'
import { IsString, Length, Matches } from 'class-validator'
import { PASSWORD_MAX, PASSWORD_MIN } from '../passwords.js'

/** User names are slugs, and never look like an id, since a user is found by either. */
export const USERNAME = /^(?![0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$)[a-z0-9][a-z0-9._-]{0,62}$/

/** What the audit log calls those who are nobody. */
export const RESERVED_USERNAMES: readonly string[] = ['anonymous', 'system']

/** Service accounts are called `sa.<team>.<name>`. */
export const SERVICE_PREFIX = 'sa.'

/** A new user name. */
export const IsUsername = () =>
  applyDecorators(Matches(USERNAME, { message: 'must be a-z, 0-9, . _ - (63 at most), begin with a letter or digit, and not be an id' }))

/** A password that is set; whether it is the user name is checked where both are known. */
export const IsNewPassword = () => applyDecorators(IsString(), Length(PASSWORD_MIN, PASSWORD_MAX))

/** Text for people: nothing that turns the direction of the line, and no control characters, which PostgreSQL would not take all of. */
export const IsDisplayName = () =>
  applyDecorators(Length(1, 100), Matches(/^[^\p{Cc}\p{Cs}\p{Bidi_Control}]*$/u, { message: 'must not have control characters' }))

/** Six digits of an authenticator, or a recovery code. */
export const IsOtp = () => applyDecorators(Matches(/^[0-9A-Za-z -]{6,20}$/, { message: 'must be six digits or a recovery code' }))
