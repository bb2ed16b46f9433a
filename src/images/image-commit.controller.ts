import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { Job, StartsJob } from '../jobs/index.js'
import { ImageCommits } from './image-commits.service.js'
import { CommitContainerBody } from './dto/commit.body.js'

/** An image out of a container. */
@ApiTags('containers')
@Controller('containers/:ref')
export class ImageCommitController {
  constructor(private readonly commits: ImageCommits) {}

  @Post('commit')
  @HttpCode(202)
  @StartsJob()
  @Operation('ImageCommit', 'Make an image of what a container has become')
  commit(@Granted() grant: Grant<'ImageCommit'>, @Param('ref') _ref: string, @Body() body: CommitContainerBody): Promise<Job> {
    return this.commits.commit(grant, body)
  }
}
