import { ApiPropertyOptional } from '@nestjs/swagger'
import { IsIn, IsString, Matches } from 'class-validator'
import { PageQuery } from '../../common/page.dto.js'
import { Optional } from '../../common/optional.js'
import { JOB_STATES, type JobState } from './job.response.js'

export class ListJobsQuery extends PageQuery {
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
}
