import { ApiProperty } from '@nestjs/swagger'
import { ArrayMaxSize, ArrayUnique, IsArray, IsIn, IsString, Matches } from 'class-validator'
import { PERMISSIONS, ROLE_SCOPES, type RoleScope } from '../../access/index.js'
import { Optional } from '../../common/optional.js'
import { IsDisplayName } from './fields.js'

/** Names of roles are slugs, like those of teams. */
const ROLE_NAME = /^[a-z](?:[a-z0-9]|-(?!-)){0,30}$/

const IsPermissions = () => (target: object, key: string) => {
  for (const check of [IsArray(), ArrayUnique(), ArrayMaxSize(PERMISSIONS.length), IsString({ each: true })]) check(target, key)
}

/** A named set of permissions. */
export class RoleResponse {
  /** `viewer`, `developer`, `maintainer`, `auditor`, `admin` or one that was made. */
  name!: string
  displayName!: string
  /** Held in one team, or on the whole host. */
  @ApiProperty({ enum: ROLE_SCOPES, enumName: 'RoleScope' })
  scope!: RoleScope
  permissions!: string[]
  /** The same on every installation, and never changed. */
  builtIn!: boolean
}

export class RolePage {
  items!: RoleResponse[]
  /** For the next page; null on the last. */
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}

/** A new role. */
export class RoleCreateRequest {
  /** Slug of a-z, 0-9 and single hyphens, 31 at most; never changed. */
  @Matches(ROLE_NAME, { message: 'must be a-z, 0-9 and single hyphens (31 at most), and begin with a letter' })
  name!: string

  /** Default: the name. */
  @Optional()
  @IsDisplayName()
  displayName?: string

  /** `team`: given to members of teams, and at most what `maintainer` has. `host`: given to users, and holds in every team. */
  @ApiProperty({ enum: ROLE_SCOPES, enumName: 'RoleScope' })
  @IsIn(ROLE_SCOPES)
  scope!: RoleScope

  /** See GET /permissions. You have to hold each of them on the host. */
  @IsPermissions()
  permissions!: string[]
}

export class RoleUpdateRequest {
  @Optional()
  @IsDisplayName()
  displayName?: string

  /** In place of those before, for everybody who has the role. */
  @Optional()
  @IsPermissions()
  permissions?: string[]
}

/** A permission and what it is the key to. */
export class PermissionResponse {
  /** `containers.operate` */
  name!: string
  /** Operations that need it; none where it opens a part of an answer, such as env values. */
  operations!: string[]
}

export class PermissionPage {
  items!: PermissionResponse[]
  /** For the next page; null on the last. */
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}
