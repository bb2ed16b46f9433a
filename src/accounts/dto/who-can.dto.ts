import { ApiProperty } from '@nestjs/swagger'
import { IsNotEmpty, IsString, MaxLength } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { PageQuery } from '../../common/page.dto.js'
import { BecauseResponse } from './me.dto.js'

const KINDS = ['user', 'service'] as const

export class WhoCanQuery extends PageQuery {
  /** `ContainerRestart`, as in api/operations.md. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(64)
  operation!: string

  /** Name, id or reference of the object, as in the operation's path; left out for operations without one. */
  @Optional()
  @IsString()
  @MaxLength(2048)
  target?: string

  /** The team that the object is in, or in which something would be made or listed. */
  @Optional()
  @IsString()
  @MaxLength(64)
  teamName?: string
}

/** Somebody who may do it, and by which rule. */
export class WhoCanItem {
  id!: string
  username!: string
  @ApiProperty({ enum: KINDS, enumName: 'AccountKind' })
  kind!: (typeof KINDS)[number]
  because!: BecauseResponse
}

export class WhoCanPage {
  items!: WhoCanItem[]
  /** For the next page; null on the last. */
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}
