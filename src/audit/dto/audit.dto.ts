import { ApiProperty } from '@nestjs/swagger'
import { IsIn, IsString, MaxLength } from 'class-validator'
import { PageQuery } from '../../common/page.dto.js'
import { Optional } from '../../common/optional.js'

const PHASES = ['intent', 'outcome', 'denied', 'opened'] as const

export class AuditListQuery extends PageQuery {
  /** Only this operation: `ContainerCreate`. */
  @Optional()
  @IsString()
  @MaxLength(64)
  operation?: string

  /** Only what this user did. */
  @Optional()
  @IsString()
  @MaxLength(64)
  principal?: string

  /** Only what belongs to this request. */
  @Optional()
  @IsString()
  @MaxLength(64)
  requestId?: string

  @Optional()
  @IsIn(PHASES)
  @ApiProperty({ enum: PHASES, enumName: 'AuditPhase', required: false })
  phase?: (typeof PHASES)[number]
}

/** One record of the append-only log. */
export class AuditItem {
  /** Number in the log, rising. */
  seq!: number
  @ApiProperty({ format: 'date-time' })
  at!: string
  @ApiProperty({ enum: PHASES, enumName: 'AuditPhase' })
  phase!: (typeof PHASES)[number]
  requestId!: string
  operation!: string
  @ApiProperty({ type: String, nullable: true })
  principalId!: string | null
  principal!: string
  /** Session or token that it came with. */
  credential!: string
  @ApiProperty({ type: String, nullable: true })
  team!: string | null
  targetKind!: string
  @ApiProperty({ type: String, nullable: true })
  target!: string | null
  /** Allowed by the host role, not by a role in the team. */
  asAdmin!: boolean
  /** `ok`, `accepted`, `unknown` or an error code. */
  result!: string
  /** Address of the client. */
  address!: string
}

export class AuditPage {
  items!: AuditItem[]
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}
