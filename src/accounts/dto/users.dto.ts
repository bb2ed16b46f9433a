import { ApiProperty } from '@nestjs/swagger'
import { IsBoolean, IsIn, IsString, MaxLength } from 'class-validator'
import { Optional, OptionalOrNull } from '../../common/optional.js'
import { PageQuery } from '../../common/page.dto.js'
import { IsDisplayName, IsNewPassword, IsUsername } from './fields.js'

export const USER_SORTS = ['username', '-username', 'createdAt', '-createdAt'] as const

export class UserListQuery extends PageQuery {
  /** Order; `-` turns it round. Default `username`. */
  @ApiProperty({ enum: USER_SORTS, enumName: 'UserSort', required: false })
  @Optional()
  @IsIn(USER_SORTS)
  sort?: (typeof USER_SORTS)[number]
}

export class UserCreateRequest {
  /** a-z, 0-9, `.`, `_`, `-`; never changed. */
  @IsUsername()
  username!: string

  /** 12 to 256 characters, not the user name. */
  @IsNewPassword()
  password!: string

  /** Default: the user name. */
  @Optional()
  @IsDisplayName()
  displayName?: string

  /** Role on the whole host, beside the roles in teams. Default none. */
  @ApiProperty({ type: String, nullable: true, required: false })
  @OptionalOrNull()
  @IsString()
  @MaxLength(64)
  hostRole?: string | null
}

export class UserUpdateRequest {
  @Optional()
  @IsDisplayName()
  displayName?: string

  /** A new password ends all sessions of the user. */
  @Optional()
  @IsNewPassword()
  password?: string

  /** A disabled user's sessions and tokens give nothing. */
  @Optional()
  @IsBoolean()
  disabled?: boolean

  /** null takes the role away. */
  @ApiProperty({ type: String, nullable: true, required: false })
  @OptionalOrNull()
  @IsString()
  @MaxLength(64)
  hostRole?: string | null
}

export class UserResponse {
  id!: string
  username!: string
  displayName!: string
  /** Role on the whole host: `auditor`, `admin` or one that was made. */
  @ApiProperty({ type: String, nullable: true })
  hostRole!: string | null
  disabled!: boolean
  @ApiProperty({ format: 'date-time' })
  createdAt!: string
}

export class UserPage {
  items!: UserResponse[]
  /** For the next page; null on the last. */
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}
