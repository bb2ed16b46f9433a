import { Body, Controller, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import type { Later } from '../common/later.js'
import { Ending } from '../http/ending.js'
import { AnswersLater } from '../http/later.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { ContainerExec } from './terminals/container-exec.service.js'
import { ContainerMonitor } from './container-monitor.service.js'
import { ContainerUpdates } from './container-update.service.js'
import { WaitQuery } from './dto/container.query.js'
import { UpdatedContainer } from './dto/container.response.js'
import { ExecBody } from './dto/exec.body.js'
import { ExecResult } from './dto/exec.response.js'
import { ContainerExit, ContainerUse } from './dto/monitor.response.js'
import { UpdateContainerBody } from './dto/update-container.body.js'

/** One container while it runs. */
@ApiTags('containers')
@Controller('containers/:ref')
export class ContainerRuntimeController {
  constructor(
    private readonly monitor: ContainerMonitor,
    private readonly commands: ContainerExec,
    private readonly updates: ContainerUpdates,
  ) {}

  @Post('wait')
  @HttpCode(200)
  @AnswersLater(ContainerExit)
  @Operation('ContainerWait', 'Wait for the end of a container')
  wait(
    @Granted() grant: Grant<'ContainerWait'>,
    @Param('ref') _ref: string,
    @Query() query: WaitQuery,
    @Ending() ending: AbortSignal,
  ): Promise<Later<ContainerExit>> {
    return this.monitor.wait(grant, query, ending)
  }

  @Get('stats')
  @Operation('ContainerStats', 'What a running container uses now')
  stats(@Granted() grant: Grant<'ContainerStats'>, @Param('ref') _ref: string, @Ending() ending: AbortSignal): Promise<ContainerUse> {
    return this.monitor.stats(grant, ending)
  }

  @Post('exec')
  @HttpCode(200)
  @Operation('ContainerExec', 'Run a command in a container, and answer its output')
  exec(
    @Granted() grant: Grant<'ContainerExec'>,
    @Param('ref') _ref: string,
    @Body() body: ExecBody,
    @Ending() ending: AbortSignal,
  ): Promise<ExecResult> {
    return this.commands.run(grant, body, ending)
  }

  @Patch()
  @Operation('ContainerUpdate', 'Change the limits or the restart policy of a container')
  update(
    @Granted() grant: Grant<'ContainerUpdate'>,
    @Param('ref') _ref: string,
    @Body() body: UpdateContainerBody,
  ): Promise<UpdatedContainer> {
    return this.updates.update(grant, body)
  }
}
