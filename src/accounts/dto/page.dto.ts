import { Type } from 'class-transformer'
import { IsInt, IsString, Max, MaxLength, Min } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { MAX_LIMIT } from '../../common/paging.js'

/** Which page of a list. */
export class PageQuery {
  /** Most items of one page. Default 100. */
  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  limit?: number

  /** `nextCursor` of the page before. */
  @Optional()
  @IsString()
  @MaxLength(1024)
  cursor?: string
}
