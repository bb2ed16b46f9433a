import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger'
import { Transform } from 'class-transformer'
import { IsArray, IsBoolean, IsString, Matches, MaxLength } from 'class-validator'
import { PageQuery } from '../../common/page.dto.js'
import { Optional } from '../../common/optional.js'
import { OBJECT_NAME } from '../../access/index.js'
import { IsLabelMap } from '../../admission/index.js'

const many = Transform(({ value }) => (value === undefined || Array.isArray(value) ? value : [value]))

export class ListVolumesQuery extends PageQuery {
  /** Only names that contain this text. */
  @Optional()
  @IsString()
  @MaxLength(64)
  name?: string

  /** Only with this label: `key` or `key=value`. Repeatable: all have to fit. */
  @ApiPropertyOptional({ type: [String] })
  @many
  @Optional()
  @IsArray()
  @Matches(/^[^=]/, { each: true, message: 'must be key or key=value' })
  @MaxLength(4400, { each: true })
  label?: string[]
}

export class PruneVolumesQuery {
  /** Also those that were made by name; by default only anonymous ones, which belonged to one container alone. */
  @Transform(({ value }) => (value === 'true' ? true : value === 'false' ? false : value))
  @Optional()
  @IsBoolean()
  all?: boolean

  /** Only with this label: `key` or `key=value`. Repeatable: all have to fit. */
  @ApiPropertyOptional({ type: [String] })
  @many
  @Optional()
  @IsArray()
  @Matches(/^[^=]/, { each: true, message: 'must be key or key=value' })
  @MaxLength(4400, { each: true })
  label?: string[]
}

export class CreateVolumeBody {
  /** Team that the volume belongs to; may be left out by a member of exactly one. */
  @Optional()
  @IsString()
  @MaxLength(64)
  team?: string

  /** A generated one when left out. */
  @Optional()
  @Matches(OBJECT_NAME, { message: 'must be letters, digits, _ . - and at most 63 characters' })
  name?: string

  /** At most 64; `berth.*` and `com.docker.*` (but `com.docker.compose.*`) are reserved. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string' } })
  @Optional()
  @IsLabelMap()
  labels?: Record<string, string>
}

/** A volume: files that outlive the containers that mount them. */
export class Volume {
  name!: string
  /** Name of its team. */
  team!: string
  driver!: string
  @ApiProperty({ format: 'date-time' })
  createdAt!: string
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  labels!: Record<string, string>
  /** Made for one container alone; goes with it when it is removed with volumes=true. */
  anonymous!: boolean
  /** Names of the team's containers that mount it, running or not. */
  @ApiProperty({ type: [String] })
  usedBy!: string[]
}

export class VolumePage {
  @ApiProperty({ type: [Volume] })
  items!: Volume[]
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
  /** The engine does not answer at present: this is the last that was known. */
  stale!: boolean
}

/** A volume that a prune removed. */
export class PrunedVolume {
  name!: string
  /** Name of its team. */
  team!: string
  /** Bytes that it took; null where the engine could not tell. */
  @ApiProperty({ type: Number, nullable: true })
  size!: number | null
}

/** What a prune did: volumes that no container mounted. */
export class PrunedVolumes {
  @ApiProperty({ type: [PrunedVolume] })
  removed!: PrunedVolume[]
  /** Bytes that are free now. */
  reclaimed!: number
}
