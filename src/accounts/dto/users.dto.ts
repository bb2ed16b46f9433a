import { ApiProperty } from '@nestjs/swagger'
import { IsBoolean, IsIn } from 'class-validator'
import { Optional, OptionalOrNull } from '../../common/optional.js'
import { PageQuery } from '../../common/page.dto.js'
import { IsDisplayName, IsNewPassword, IsUsername } from './fields.js'

export const HOST_ROLE_NAMES = ['auditor', 'admin'] as const
export type HostRoleName = (typeof HOST_ROLE_NAMES)[number]

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
  @ApiProperty({ enum: HOST_ROLE_NAMES, enumName: 'HostRole', nullable: true, required: false })
  @OptionalOrNull()
  @IsIn(HOST_ROLE_NAMES)
  hostRole?: HostRoleName | null
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
  @ApiProperty({ enum: HOST_ROLE_NAMES, enumName: 'HostRole', nullable: true, required: false })
  @OptionalOrNull()
  @IsIn(HOST_ROLE_NAMES)
  hostRole?: HostRoleName | null
}

export class UserResponse {
  id!: string
  username!: string
  displayName!: string
  /** Role on the whole host. */
  @ApiProperty({ enum: HOST_ROLE_NAMES, enumName: 'HostRole', nullable: true })
  hostRole!: HostRoleName | null
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
