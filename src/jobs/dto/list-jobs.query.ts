import { ApiPropertyOptional } from '@nestjs/swagger'
import { Type } from 'class-transformer'
import { IsIn, IsInt, IsString, Matches, Max, MaxLength, Min } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { MAX_LIMIT } from '../../common/paging.js'
import { JOB_STATES, type JobState } from './job.response.js'

export class ListJobsQuery {
  /** Only jobs in this state. */
  @ApiPropertyOptional({ enum: JOB_STATES, enumName: 'JobState' })
  @Optional()
  @IsIn(JOB_STATES)
  state?: JobState

  /** Only jobs of this kind, such as `images.pull`. */
  @Optional()
  @IsString()
  @Matches(/^[a-z]+\.[a-z]+$/, { message: 'must look like images.pull' })
  kind?: string

  /** Items on one page. */
  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  limit?: number

  /** `nextCursor` of the page before. */
  @Optional()
  @IsString()
  @MaxLength(512)
  cursor?: string
}
