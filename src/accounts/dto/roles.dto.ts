import { ApiProperty } from '@nestjs/swagger'

const SCOPES = ['team', 'host'] as const

/** A named set of permissions. */
export class RoleResponse {
  /** `viewer`, `developer`, `maintainer`, `auditor` or `admin`. */
  name!: string
  /** Held in one team, or on the whole host. */
  @ApiProperty({ enum: SCOPES, enumName: 'RoleScope' })
  scope!: (typeof SCOPES)[number]
  permissions!: string[]
}

export class RolePage {
  items!: RoleResponse[]
  /** For the next page; null on the last. */
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
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
