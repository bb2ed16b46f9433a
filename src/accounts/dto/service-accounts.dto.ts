import { ApiProperty } from '@nestjs/swagger'
import { IsBoolean, IsString, Matches, MaxLength } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { IsDisplayName } from './fields.js'

/** Short, since the team's name is in the user name too. */
const ACCOUNT_NAME = /^[a-z0-9](?:[a-z0-9]|-(?!-)){0,23}$/

/** A new account for a program. */
export class ServiceAccountCreateRequest {
  /** Name or id of the team that it belongs to; may be left out by a caller with exactly one. */
  @Optional()
  @IsString()
  @MaxLength(64)
  team?: string

  /** Slug of a-z, 0-9 and single hyphens, 24 at most; never changed. Its user name is `sa.<team>.<name>`. */
  @Matches(ACCOUNT_NAME, { message: 'must be a-z, 0-9 and single hyphens (24 at most)' })
  name!: string

  /** Default: the name. */
  @Optional()
  @IsDisplayName()
  displayName?: string

  /** Its role in the team. Nobody gives a role that holds more than their own. */
  @IsString()
  @MaxLength(64)
  role!: string
}

export class ServiceAccountUpdateRequest {
  @Optional()
  @IsDisplayName()
  displayName?: string

  @Optional()
  @IsString()
  @MaxLength(64)
  role?: string

  /** Its tokens give nothing while it is disabled. */
  @Optional()
  @IsBoolean()
  disabled?: boolean
}

export class ServiceAccountResponse {
  id!: string
  /** `sa.<team>.<name>`: what the audit log calls it. */
  username!: string
  displayName!: string
  /** Name of the team. */
  team!: string
  /** null: it was taken out of the team, and can do nothing. */
  @ApiProperty({ type: String, nullable: true })
  role!: string | null
  disabled!: boolean
  @ApiProperty({ format: 'date-time' })
  createdAt!: string
}

export class ServiceAccountPage {
  items!: ServiceAccountResponse[]
  /** For the next page; null on the last. */
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}
