import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { ContainerLifecycle } from './container-lifecycle.service.js'
import { type ContainerLog, ContainerLogs } from './logs/container-logs.service.js'
import { KillQuery, RenameBody, StopQuery, TopQuery } from './dto/container.query.js'
import { ContainerProcesses, ContainerSummary, RenamedContainer } from './dto/container.response.js'
import { LogsQuery } from './dto/logs.query.js'
import { AnswersLog } from './logs/log-answer.js'

/** What is done to one container. */
@ApiTags('containers')
@Controller('containers/:ref')
export class ContainerActionsController {
  constructor(
    private readonly lifecycle: ContainerLifecycle,
    private readonly log: ContainerLogs,
  ) {}

  @Post('start')
  @HttpCode(200)
  @Operation('ContainerStart', 'Start a container')
  start(@Granted() grant: Grant<'ContainerStart'>, @Param('ref') _ref: string): Promise<ContainerSummary> {
    return this.lifecycle.start(grant)
  }

  @Post('stop')
  @HttpCode(200)
  @Operation('ContainerStop', 'Stop a container: its stop signal, then a kill')
  stop(@Granted() grant: Grant<'ContainerStop'>, @Param('ref') _ref: string, @Query() query: StopQuery): Promise<ContainerSummary> {
    return this.lifecycle.stop(grant, query)
  }

  @Post('restart')
  @HttpCode(200)
  @Operation('ContainerRestart', 'Stop a container and start it again')
  restart(@Granted() grant: Grant<'ContainerRestart'>, @Param('ref') _ref: string, @Query() query: StopQuery): Promise<ContainerSummary> {
    return this.lifecycle.restart(grant, query)
  }

  @Post('kill')
  @HttpCode(200)
  @Operation('ContainerKill', 'Send a signal to the main process')
  kill(@Granted() grant: Grant<'ContainerKill'>, @Param('ref') _ref: string, @Query() query: KillQuery): Promise<ContainerSummary> {
    return this.lifecycle.kill(grant, query)
  }

  @Post('pause')
  @HttpCode(200)
  @Operation('ContainerPause', 'Freeze the processes of a container')
  pause(@Granted() grant: Grant<'ContainerPause'>, @Param('ref') _ref: string): Promise<ContainerSummary> {
    return this.lifecycle.pause(grant)
  }

  @Post('unpause')
  @HttpCode(200)
  @Operation('ContainerUnpause', 'Let a paused container go on')
  unpause(@Granted() grant: Grant<'ContainerUnpause'>, @Param('ref') _ref: string): Promise<ContainerSummary> {
    return this.lifecycle.unpause(grant)
  }

  @Post('rename')
  @HttpCode(200)
  @Operation('ContainerRename', 'Give a container another name')
  rename(@Granted() grant: Grant<'ContainerRename'>, @Param('ref') _ref: string, @Body() body: RenameBody): Promise<RenamedContainer> {
    return this.lifecycle.rename(grant, body)
  }

  @Get('top')
  @Operation('ContainerTop', 'Processes of a running container')
  top(@Granted() grant: Grant<'ContainerTop'>, @Param('ref') _ref: string, @Query() query: TopQuery): Promise<ContainerProcesses> {
    return this.lifecycle.top(grant, query)
  }

  @Get('logs')
  @AnswersLog()
  @Operation('ContainerLogs', 'The log of a container')
  logs(@Granted() grant: Grant<'ContainerLogs'>, @Param('ref') _ref: string, @Query() query: LogsQuery): Promise<ContainerLog> {
    return this.log.read(grant, query)
  }
}
