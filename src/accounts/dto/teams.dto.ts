import { ApiProperty } from '@nestjs/swagger'
import { IsIn, IsString, Matches, MaxLength } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { TEAM_NAME } from '../../access/index.js'
import { IsDisplayName } from './fields.js'
import { PageQuery } from '../../common/page.dto.js'

const PROFILES = ['restricted', 'baseline', 'privileged'] as const

export const TEAM_SORTS = ['name', '-name'] as const

export class TeamListQuery extends PageQuery {
  /** Order; `-` turns it round. Default `name`. */
  @ApiProperty({ enum: TEAM_SORTS, enumName: 'TeamSort', required: false })
  @Optional()
  @IsIn(TEAM_SORTS)
  sort?: (typeof TEAM_SORTS)[number]
}

export class TeamCreateRequest {
  /** Slug of a-z, 0-9 and single hyphens, 31 at most; never changed, and never used again after its team. */
  @Matches(TEAM_NAME, { message: 'must be a-z, 0-9 and single hyphens (31 at most)' })
  name!: string

  /** Default: the name. */
  @Optional()
  @IsDisplayName()
  displayName?: string
}

export class TeamUpdateRequest {
  @Optional()
  @IsDisplayName()
  displayName?: string
}

export class TeamResponse {
  id!: string
  /** Slug; also in the names of the team's objects on the engine. */
  name!: string
  displayName!: string
  /** What containers of the team may be. */
  @ApiProperty({ enum: PROFILES, enumName: 'Profile' })
  profile!: (typeof PROFILES)[number]
  @ApiProperty({ format: 'date-time' })
  createdAt!: string
}

export class TeamPage {
  items!: TeamResponse[]
  /** For the next page; null on the last. */
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}

export class MemberRequest {
  /** `viewer`, `developer`, `maintainer` or one that was made. Nobody gives a role that holds more than their own. */
  @IsString()
  @MaxLength(64)
  role!: string
}

export class MemberResponse {
  /** Id of the user. */
  id!: string
  username!: string
  displayName!: string
  role!: string
  /** Member since. */
  @ApiProperty({ format: 'date-time' })
  createdAt!: string
}

export class MemberPage {
  items!: MemberResponse[]
  /** For the next page; null on the last. */
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}
