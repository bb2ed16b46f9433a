import { Body, Controller, HttpCode, Post } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Ending } from '../http/ending.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { ContainerBulk } from './container-bulk.service.js'
import { ContainerPrune } from './container-prune.service.js'
import { BulkBody, PruneContainersBody } from './dto/bulk.body.js'
import { BulkReport, ContainersPruned } from './dto/bulk.response.js'

/** Many containers in one call. */
@ApiTags('containers')
@Controller('containers')
export class ContainersBulkController {
  constructor(
    private readonly bulk: ContainerBulk,
    private readonly pruning: ContainerPrune,
  ) {}

  @Post('actions')
  @HttpCode(200)
  @Operation('ContainerBulk', 'The same action on many containers, with a report of each')
  actions(@Granted() grant: Grant<'ContainerBulk'>, @Body() body: BulkBody, @Ending() ending: AbortSignal): Promise<BulkReport> {
    return this.bulk.run(grant, body, ending)
  }

  @Post('prune')
  @HttpCode(200)
  @Operation('ContainerPrune', 'Remove the containers that do not run')
  prune(
    @Granted() grant: Grant<'ContainerPrune'>,
    @Body() body: PruneContainersBody,
    @Ending() ending: AbortSignal,
  ): Promise<ContainersPruned> {
    return this.pruning.prune(grant, body, ending)
  }
}
