import { ApiProperty } from '@nestjs/swagger'
import { ArrayMaxSize, ArrayNotEmpty, ArrayUnique, IsArray, IsISO8601, IsString, MaxLength } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { PERMISSIONS } from '../../access/index.js'
import { IsDisplayName } from './fields.js'

/** A new token of a service account. */
export class ServiceTokenCreateRequest {
  /** To recognise it by. */
  @IsDisplayName()
  name!: string

  /** What it may do, at most what its owner may do at the time of use; see GET /permissions. */
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @ArrayMaxSize(PERMISSIONS.length)
  @IsString({ each: true })
  permissions!: string[]

  /** RFC 3339, at most 365 days from now. Default 90 days. */
  @ApiProperty({ format: 'date-time', required: false })
  @Optional()
  @IsISO8601({ strict: true, strictSeparator: true })
  expiresAt?: string
}

/** A new personal token. */
export class TokenCreateRequest extends ServiceTokenCreateRequest {
  /** Name or id of the only team that it shall reach. Default: all of the caller's. */
  @Optional()
  @IsString()
  @MaxLength(64)
  team?: string
}

/** The team that a token is for. */
export class TokenTeam {
  id!: string
  name!: string
}

export class TokenResponse {
  id!: string
  name!: string
  /** First characters of the token, to recognise it by. */
  prefix!: string
  permissions!: string[]
  /** The only team that it reaches; null: all of its owner's. */
  @ApiProperty({ type: TokenTeam, nullable: true })
  team!: TokenTeam | null
  @ApiProperty({ format: 'date-time' })
  createdAt!: string
  @ApiProperty({ format: 'date-time' })
  expiresAt!: string
  /** To the minute; null: never. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  usedAt!: string | null
}

export class NewTokenResponse extends TokenResponse {
  /** The token itself, shown this once. */
  token!: string
}

export class TokenPage {
  items!: TokenResponse[]
  /** For the next page; null on the last. */
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}
