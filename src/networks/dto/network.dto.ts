import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger'
import { Transform } from 'class-transformer'
import { ArrayMaxSize, IsArray, IsBoolean, IsIP, IsString, Matches, MaxLength } from 'class-validator'
import { OBJECT_NAME } from '../../access/index.js'
import { IsLabelMap } from '../../admission/index.js'
import { Optional } from '../../common/optional.js'
import { PageQuery } from '../../common/page.dto.js'

const many = Transform(({ value }) => (value === undefined || Array.isArray(value) ? value : [value]))
const A_NAME = { message: 'must be letters, digits, _ . - and at most 63 characters' }

export class ListNetworksQuery extends PageQuery {
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

export class PruneNetworksQuery {
  /** Only with this label: `key` or `key=value`. Repeatable: all have to fit. */
  @ApiPropertyOptional({ type: [String] })
  @many
  @Optional()
  @IsArray()
  @Matches(/^[^=]/, { each: true, message: 'must be key or key=value' })
  @MaxLength(4400, { each: true })
  label?: string[]
}

export class CreateNetworkBody {
  /** Team that the network belongs to; may be left out by a member of exactly one. */
  @Optional()
  @IsString()
  @MaxLength(64)
  team?: string

  /** Not `default`, which every team has, nor a word of the engine's own: `bridge`, `host`, `none`, `container`. */
  @Matches(OBJECT_NAME, A_NAME)
  name!: string

  /** Without a way to the outside: its containers reach each other, and nothing beyond the host. */
  @Optional()
  @IsBoolean()
  internal?: boolean

  /** At most 64; `berth.*` and `com.docker.*` (but `com.docker.compose.*`) are reserved. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string' } })
  @Optional()
  @IsLabelMap()
  labels?: Record<string, string>
}

export class ConnectBody {
  /** Name, full id or unique id prefix of a container of the network's team. */
  @IsString()
  @MaxLength(64)
  container!: string

  /** What the others on the network reach it by, beside its name. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(15)
  @Matches(OBJECT_NAME, { ...A_NAME, each: true })
  aliases?: string[]

  /** An address in the network's subnet; a free one when left out. */
  @Optional()
  @IsIP(4)
  ip?: string
}

export class DisconnectBody {
  /** Name, full id or unique id prefix of a container of the network's team. */
  @IsString()
  @MaxLength(64)
  container!: string

  /** Also when the engine can't reach the container's side of it. */
  @Optional()
  @IsBoolean()
  force?: boolean
}

/** A container on a network. */
export class NetworkMember {
  /** Full id of the container. */
  id!: string
  /** As its team calls it; the others reach it by this name. */
  name!: string
  /** Does it run? Only then it can be reached. */
  running!: boolean
  /** What it is called here beside its name. */
  @ApiProperty({ type: [String] })
  aliases!: string[]
  /** Null while it does not run. */
  @ApiProperty({ type: String, nullable: true })
  ip!: string | null
}

/** A network of one team: its containers reach each other by name, and no container of another team is on it. */
export class Network {
  id!: string
  name!: string
  /** Name of its team. */
  team!: string
  driver!: string
  /** Without a way to the outside. */
  internal!: boolean
  /** The one that containers are put on which name none; it comes by itself, and goes with the team. */
  isDefault!: boolean
  @ApiProperty({ format: 'date-time' })
  createdAt!: string
  /** `10.201.0.0/24` */
  @ApiProperty({ type: String, nullable: true })
  subnet!: string | null
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  labels!: Record<string, string>
  /** The team's containers on it, running or not, by name. */
  @ApiProperty({ type: [NetworkMember] })
  members!: NetworkMember[]
}

export class NetworkPage {
  @ApiProperty({ type: [Network] })
  items!: Network[]
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
  /** The engine does not answer at present: this is the last that was known. */
  stale!: boolean
}

/** A network that a prune removed. */
export class PrunedNetwork {
  id!: string
  name!: string
  /** Name of its team. */
  team!: string
}

/** What a prune did: networks that no container was on. */
export class PrunedNetworks {
  @ApiProperty({ type: [PrunedNetwork] })
  removed!: PrunedNetwork[]
}
