import { Type } from 'class-transformer'
import { IsInt, IsString, Max, MaxLength, Min } from 'class-validator'
import { Optional } from './optional.js'
import { MAX_LIMIT } from './paging.js'

/** Which page of a list; queries of lists extend it. */
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
  @MaxLength(4096)
  cursor?: string
}
