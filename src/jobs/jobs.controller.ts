import { Controller, Delete, Get, Param, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { Job, JobPage } from './dto/job.response.js'
import { ListJobsQuery } from './dto/list-jobs.query.js'
import { Jobs } from './jobs.service.js'

/** Long work: what runs, how far it is, what came out. */
@ApiTags('jobs')
@Controller('jobs')
export class JobsController {
  constructor(private readonly jobs: Jobs) {}

  @Get()
  @Operation('JobList', 'Jobs of your teams, newest first')
  list(@Granted() grant: Grant<'JobList'>, @Query() query: ListJobsQuery): Promise<JobPage> {
    return this.jobs.list(grant, query)
  }

  @Get(':id')
  @Operation('JobInspect', 'A job, its progress and its result')
  inspect(@Granted() grant: Grant<'JobInspect'>, @Param('id') _id: string): Promise<Job> {
    return this.jobs.inspect(grant)
  }

  @Delete(':id')
  @Operation('JobCancel', 'Cancel a job')
  cancel(@Granted() grant: Grant<'JobCancel'>, @Param('id') _id: string): Promise<Job> {
    return this.jobs.cancel(grant)
  }
}
