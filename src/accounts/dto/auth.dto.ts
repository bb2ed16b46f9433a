import { ApiProperty } from '@nestjs/swagger'
import { IsNotEmpty, IsString, MaxLength } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { PASSWORD_MAX } from '../passwords.js'
import { IsNewPassword, IsOtp, IsUsername } from './fields.js'

/** The first administrator. */
export class SetupRequest {
  /** What the server printed at its start as `setup token: …`. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  setupToken!: string

  /** Name of the administrator: a-z, 0-9, `.`, `_`, `-`. */
  @IsUsername()
  username!: string

  /** 12 to 256 characters, not the user name. */
  @IsNewPassword()
  password!: string
}

/** A user name and its password. */
export class LoginRequest {
  @IsString()
  @IsNotEmpty()
  @MaxLength(256)
  username!: string

  @IsString()
  @IsNotEmpty()
  @MaxLength(PASSWORD_MAX)
  password!: string

  /** For who has set up a second factor: the six digits of the authenticator, or a recovery code. */
  @Optional()
  @IsOtp()
  otp?: string
}

/** The refresh token of the last login or refresh. */
export class RefreshRequest {
  /** Each is good for one refresh; one that is used again ends the session. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(512)
  refreshToken!: string
}

/** The two tokens of a session. */
export class LoginResponse {
  /** To be sent as `Authorization: Bearer …`. */
  accessToken!: string
  /** For POST /auth/refresh; keep it as safe as a password. */
  refreshToken!: string
  /** When the access token ends, RFC 3339. */
  @ApiProperty({ format: 'date-time' })
  expiresAt!: string
}
