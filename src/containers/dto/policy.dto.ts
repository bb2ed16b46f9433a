import { ApiProperty, OmitType } from '@nestjs/swagger'
import { Type } from 'class-transformer'
import { IsObject, IsString, MaxLength, ValidateNested } from 'class-validator'
import { type Profile, PROFILES } from '../../admission/index.js'
import { Optional } from '../../common/optional.js'
import { CreateContainerBody } from './create-container.body.js'

/** As in the body of a container's creation. */
export class PolicySpec extends OmitType(CreateContainerBody, ['team'] as const) {}

/** A container that somebody thinks of making. */
export class PolicyCheckBody {
  /** Team by whose profile it is judged; may be left out by a member of exactly one. */
  @Optional()
  @IsString()
  @MaxLength(64)
  team?: string

  @IsObject()
  @ValidateNested()
  @Type(() => PolicySpec)
  spec!: PolicySpec
}

/** A field that the team's profile does not allow. */
export class PolicyViolation {
  /** In the spec. */
  path!: string
  profile!: string
  /** What it would have to be. */
  rule!: string
}

/** A field that makes no sense in any profile. */
export class PolicyFault {
  /** In the spec. */
  pointer!: string
  detail!: string
}

/** Whether the container would be made, and if not everything that stands against it. */
export class PolicyVerdict {
  allowed!: boolean
  /** That counts for the team now. */
  @ApiProperty({ enum: PROFILES, enumName: 'Profile' })
  profile!: Profile
  /** false: the team has no such image yet, so what it brings in is judged when it is pulled. */
  imageJudged!: boolean
  violations!: PolicyViolation[]
  errors!: PolicyFault[]
}
