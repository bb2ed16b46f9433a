/** The public face of jobs: what a domain module needs to start long work and to answer with it. */
export { Job, type JobStep } from './dto/job.response.js'
export type { JobContext, JobRequest } from './job-event.js'
export { JobsModule } from './jobs.module.js'
export { Jobs } from './jobs.service.js'
export { StartsJob } from './starts-job.js'
