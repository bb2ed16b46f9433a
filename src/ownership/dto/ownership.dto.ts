import { ApiProperty } from '@nestjs/swagger'
import { IsIn, IsString, Length, Matches } from 'class-validator'
import { PageQuery } from '../../common/page.dto.js'
import { Optional } from '../../common/optional.js'
import { OBJECT_NAME } from '../../access/index.js'

const KINDS = ['container', 'volume', 'network'] as const

export class UnownedQuery extends PageQuery {}

/** Something on the engine that belongs to no team. */
export class UnownedItem {
  @ApiProperty({ enum: KINDS, enumName: 'OwnedKind' })
  kind!: 'container' | 'volume' | 'network'
  /** Full engine id; of a volume its name. */
  id!: string
  /** The engine's name of it. */
  name!: string
  @ApiProperty({ format: 'date-time' })
  createdAt!: string
  /** It carries this gateway's labels, but they prove nothing. */
  quarantined!: boolean
}

export class UnownedList {
  items!: UnownedItem[]
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}

/** Gives an object of nobody to a team. */
export class AssignRequest {
  @IsIn(KINDS)
  @ApiProperty({ enum: KINDS, enumName: 'OwnedKind' })
  kind!: 'container' | 'volume' | 'network'

  /** Full engine id; of a volume its name. */
  @IsString()
  @Length(1, 255)
  id!: string

  /** Name or id of the team that gets it. */
  @IsString()
  @Length(1, 64)
  team!: string

  /** What the team shall call it; its engine name by default. */
  @Optional()
  @Matches(OBJECT_NAME, { message: 'must be letters, digits, _ . - and at most 63 characters' })
  name?: string
}

/** What the team owns now. */
export class AssignedResponse {
  @ApiProperty({ enum: KINDS, enumName: 'OwnedKind' })
  kind!: 'container' | 'volume' | 'network'
  id!: string
  team!: string
  name!: string
}
