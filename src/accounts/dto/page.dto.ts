import { Type } from 'class-transformer'
import { IsInt, IsOptional, IsString, Max, MaxLength, Min } from 'class-validator'
import { MAX_LIMIT } from '../../common/paging.js'

/** Which page of a list. */
export class PageQuery {
  /** Most items of one page. Default 100. */
  @IsOptional() @Type(() => Number) @IsInt() @Min(1) @Max(MAX_LIMIT)
  limit?: number

  /** `nextCursor` of the page before. */
  @IsOptional() @IsString() @MaxLength(1024)
  cursor?: string
}
