import { Module } from '@nestjs/common'
import { JobNames } from './job-names.js'
import { JobsController } from './jobs.controller.js'
import { Jobs } from './jobs.service.js'
import { JobProgressStream } from './progress.stream.js'
import { JobAnswer } from './starts-job.js'

/** Long work that outlives its request. */
@Module({
  controllers: [JobsController],
  providers: [Jobs, JobNames, JobAnswer, JobProgressStream],
  exports: [Jobs, JobAnswer],
})
export class JobsModule {}
