import { ApiProperty } from '@nestjs/swagger'
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsBoolean, IsString, Length, Matches } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { PageQuery } from '../../common/page.dto.js'

/** What teams call a folder of the host. */
export const EXPORT_ALIAS = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

export class HostExportListQuery extends PageQuery {}

/** A folder of the host to open to teams. */
export class HostExportBody {
  /** What the teams call it: the `source` of a mount of type `bind`. */
  @Matches(EXPORT_ALIAS, { message: 'must be a-z, 0-9 and hyphens (63 at most)' })
  alias!: string

  /** On the host; links are followed, and where it leads is what is exported. */
  @Matches(/^\/[^\0]{0,4095}$/, { message: 'must be an absolute path' })
  path!: string

  /** Default: true. */
  @Optional()
  @IsBoolean()
  readOnly?: boolean

  /** Names or ids of the teams that may mount it. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1000)
  @ArrayUnique()
  @IsString({ each: true })
  @Length(1, 64, { each: true })
  teams!: string[]
}

/** A folder of the host that is open to teams. */
export class HostExport {
  alias!: string
  /** Where it really is. */
  path!: string
  readOnly!: boolean
  /** Names of the teams that may mount it. */
  teams!: string[]
  @ApiProperty({ format: 'date-time' })
  createdAt!: string
}

export class HostExportPage {
  items!: HostExport[]
  /** For the next page; null on the last. */
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}
