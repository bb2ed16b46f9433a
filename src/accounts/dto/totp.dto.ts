import { ApiProperty } from '@nestjs/swagger'
import { IsNotEmpty, IsString, MaxLength } from 'class-validator'
import { PASSWORD_MAX } from '../passwords.js'
import { IsOtp } from './fields.js'

/** The caller's second factor. */
export class TotpResponse {
  /** Is it asked for at a login? */
  enabled!: boolean
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  since!: string | null
  recoveryCodesLeft!: number
}

export class TotpEnrolRequest {
  /** The present password. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(PASSWORD_MAX)
  password!: string
}

/** What an authenticator needs; asked for only after POST /me/totp/confirm. */
export class TotpEnrolResponse {
  /** Base32, to type in. */
  secret!: string
  /** `otpauth://totp/…`, to be shown as a QR code. */
  uri!: string
}

export class TotpConfirmRequest {
  /** What the authenticator shows now. */
  @IsOtp()
  otp!: string
}

export class TotpConfirmResponse {
  /** Each is good for one login without the authenticator; shown this once. */
  recoveryCodes!: string[]
}

export class TotpDisableRequest extends TotpEnrolRequest {
  /** What the authenticator shows now, or a recovery code. */
  @IsOtp()
  otp!: string
}
