import { ApiProperty } from '@nestjs/swagger'
import { Type } from 'class-transformer'
import { IsNotEmpty, IsObject, IsString, MaxLength, ValidateNested } from 'class-validator'
import { RULES } from '../../access/index.js'
import { Optional } from '../../common/optional.js'
import { PASSWORD_MAX } from '../passwords.js'
import { IsNewPassword } from './fields.js'

/** A team of the caller's. */
export class MeTeam {
  id!: string
  name!: string
  role!: string
  /** What this credential may do in the team: of a personal token, what it lists and the caller holds. */
  permissions!: string[]
}

/** Who the caller is, and what they may do with this credential. */
export class MeResponse {
  id!: string
  username!: string
  displayName!: string
  /** Role on the whole host. */
  @ApiProperty({ type: String, nullable: true })
  hostRole!: string | null
  /** What this credential may do on the installation as a whole; what comes with the host role holds in every team. */
  permissions!: string[]
  teams!: MeTeam[]
}

/** A new password for the caller. */
export class PasswordRequest {
  /** The present password. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(PASSWORD_MAX)
  current!: string

  /** 12 to 256 characters, not the user name. */
  @IsNewPassword()
  new!: string
}

/** What an operation would be done on. */
export class CanITarget {
  /** Name, id or reference of the object, as in the operation's path. */
  @Optional()
  @IsString()
  @MaxLength(2048)
  ref?: string

  /** Name or id of the team. */
  @Optional()
  @IsString()
  @MaxLength(64)
  team?: string
}

/** A question to the decision. */
export class CanIRequest {
  /** `ContainerRestart`, as in api/operations.md. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(64)
  operation!: string

  /** Left out for operations without an object. */
  @Optional()
  @IsObject()
  @ValidateNested()
  @Type(() => CanITarget)
  target?: CanITarget
}

/** The rule that decided. */
export class BecauseResponse {
  /**
   * `teamRole`, `hostRole`: that role has the permission, or lacks it; `everybody`, `public`: no role is needed; `library`: its
   * images are only read; `noRole`; `tokenPermissions`: the token does not list it; `tokenTeam`: the token is for another team;
   * `target`: there is no such object, or none that you may know of; `notOffered`.
   */
  @ApiProperty({ enum: RULES, enumName: 'Rule' })
  rule!: (typeof RULES)[number]
  role?: string
  /** Name of the team that the role is in, or that the object belongs to. */
  team?: string
}

/** What the decision would be now. */
export class CanIResponse {
  allowed!: boolean
  /** The permission that the operation needs. */
  permission!: string
  /** Why not: the code that the operation itself would answer. */
  code?: string
  because!: BecauseResponse
}
