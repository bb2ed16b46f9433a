import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common'
import { ApiCreatedResponse, ApiExtraModels, ApiTags, getSchemaPath } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { DryRunBy } from '../http/dry-run.js'
import { Ending } from '../http/ending.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { ContainerCreation } from './creation/container-creation.service.js'
import { ContainerDetailsReader } from './container-details.service.js'
import { ContainerLifecycle } from './container-lifecycle.service.js'
import { ContainerTrial } from './creation/container-trial.service.js'
import { Containers } from './containers.service.js'
import { InspectContainerQuery, ListContainersQuery, RemoveQuery } from './dto/container.query.js'
import { ContainerCopies, ContainerDetails, ContainerPage, ContainerSummary } from './dto/container.response.js'
import { CreateContainerBody, CreateContainerQuery } from './dto/create-container.body.js'

/** Containers: what there is, new ones, and their end. */
@ApiTags('containers')
@ApiExtraModels(ContainerSummary, ContainerCopies)
@Controller('containers')
export class ContainersController {
  constructor(
    private readonly containers: Containers,
    private readonly details: ContainerDetailsReader,
    private readonly creation: ContainerCreation,
    private readonly lifecycle: ContainerLifecycle,
    private readonly trial: ContainerTrial,
  ) {}

  @Get()
  @Operation('ContainerList', 'Running containers of your teams; all of them with all=true')
  list(@Granted() grant: Grant<'ContainerList'>, @Query() query: ListContainersQuery): Promise<ContainerPage> {
    return this.containers.list(grant, query)
  }

  @Post()
  @DryRunBy('check')
  @Operation('ContainerCreate', 'Create a container, or run it with start=true')
  @ApiCreatedResponse({
    description: 'The container; with count, a report of each copy',
    schema: { oneOf: [{ $ref: getSchemaPath(ContainerSummary) }, { $ref: getSchemaPath(ContainerCopies) }] },
  })
  create(
    @Granted() grant: Grant<'ContainerCreate'>,
    @Query() query: CreateContainerQuery,
    @Body() body: CreateContainerBody,
    @Ending() ending: AbortSignal,
  ): Promise<ContainerSummary | ContainerCopies> {
    return this.creation.create(grant, body, query, ending)
  }

  /** A creation that is only tried. */
  check(grant: Grant<'ContainerCreate'>, _query: CreateContainerQuery, body: CreateContainerBody): Promise<void> {
    return this.trial.create(grant, body)
  }

  @Get(':ref')
  @Operation('ContainerInspect', 'Everything about a container')
  inspect(
    @Granted() grant: Grant<'ContainerInspect'>,
    @Param('ref') _ref: string,
    @Query() query: InspectContainerQuery,
  ): Promise<ContainerDetails> {
    return this.details.inspect(grant, query)
  }

  @Delete(':ref')
  @HttpCode(204)
  @Operation('ContainerDelete', 'Remove a container')
  remove(@Granted() grant: Grant<'ContainerDelete'>, @Param('ref') _ref: string, @Query() query: RemoveQuery): Promise<void> {
    return this.lifecycle.remove(grant, query)
  }
}
