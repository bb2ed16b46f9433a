import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { DryRunBy } from '../http/dry-run.js'
import { IfMatch, Tagged, TakesIfMatch } from '../http/etag.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import {
  CreateRegistryBody,
  ListRegistriesQuery,
  Registry,
  RegistryCheckResult,
  RegistryPage,
  UpdateRegistryBody,
} from './dto/registry.dto.js'
import { Registries } from './registries.service.js'

/** Registries of your teams, and their credentials. */
@ApiTags('registries')
@Controller('registries')
export class RegistriesController {
  constructor(private readonly registries: Registries) {}

  @Get()
  @Operation('RegistryList', 'Registries of your teams')
  list(@Granted() grant: Grant<'RegistryList'>, @Query() query: ListRegistriesQuery): Promise<RegistryPage> {
    return this.registries.list(grant, query)
  }

  @Post()
  @DryRunBy('tryCreate')
  @Operation('RegistryCreate', 'Save a registry; its credential is tried first')
  create(@Granted() grant: Grant<'RegistryCreate'>, @Body() body: CreateRegistryBody): Promise<Registry> {
    return this.registries.create(grant, body)
  }

  tryCreate(grant: Grant<'RegistryCreate'>, body: CreateRegistryBody): Promise<void> {
    return this.registries.tryCreate(grant, body)
  }

  @Get(':id')
  @Tagged()
  @Operation('RegistryInspect', 'A registry')
  inspect(@Granted() grant: Grant<'RegistryInspect'>, @Param('id') _id: string): Promise<Registry> {
    return this.registries.inspect(grant)
  }

  @Patch(':id')
  @Tagged()
  @TakesIfMatch()
  @DryRunBy('tryUpdate')
  @Operation('RegistryUpdate', 'Change a registry; what is new is tried first')
  update(
    @Granted() grant: Grant<'RegistryUpdate'>,
    @Param('id') _id: string,
    @Body() body: UpdateRegistryBody,
    @IfMatch() ifMatch: string | undefined,
  ): Promise<Registry> {
    return this.registries.update(grant, body, ifMatch)
  }

  tryUpdate(grant: Grant<'RegistryUpdate'>, _id: string, body: UpdateRegistryBody, ifMatch: string | undefined): Promise<void> {
    return this.registries.tryUpdate(grant, body, ifMatch)
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation('RegistryDelete', 'Forget a registry and its credential')
  remove(@Granted() grant: Grant<'RegistryDelete'>, @Param('id') _id: string): Promise<void> {
    return this.registries.remove(grant)
  }

  @Post(':id/check')
  @HttpCode(200)
  @Operation('RegistryCheck', 'Ask the registry now whether it takes the credential')
  check(@Granted() grant: Grant<'RegistryCheck'>, @Param('id') _id: string): Promise<RegistryCheckResult> {
    return this.registries.check(grant)
  }
}
