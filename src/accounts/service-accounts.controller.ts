import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common'
import { ApiParam, ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { PageQuery } from '../common/page.dto.js'
import {
  ServiceAccountCreateRequest,
  ServiceAccountPage,
  ServiceAccountResponse,
  ServiceAccountUpdateRequest,
} from './dto/service-accounts.dto.js'
import { NewTokenResponse, ServiceTokenCreateRequest, TokenPage } from './dto/tokens.dto.js'
import { ServiceAccountsService } from './service-accounts.service.js'
import { ServiceTokensService } from './service-tokens.service.js'

@ApiTags('service-accounts')
@Controller('service-accounts')
export class ServiceAccountsController {
  constructor(
    private readonly accounts: ServiceAccountsService,
    private readonly tokens: ServiceTokensService,
  ) {}

  /** Accounts for programs of your teams. */
  @Get()
  @Operation('ServiceAccountList', 'List service accounts')
  list(@Granted() grant: Grant<'ServiceAccountList'>, @Query() query: PageQuery): Promise<ServiceAccountPage> {
    return this.accounts.list(grant, query)
  }

  /** An account that belongs to the team and acts by its tokens alone. */
  @Post()
  @Operation('ServiceAccountCreate', 'Create a service account')
  create(@Granted() grant: Grant<'ServiceAccountCreate'>, @Body() body: ServiceAccountCreateRequest): Promise<ServiceAccountResponse> {
    return this.accounts.create(grant, body)
  }

  @Get(':id')
  @ApiParam({ name: 'id', type: String })
  @Operation('ServiceAccountInspect', 'Inspect a service account')
  inspect(@Granted() grant: Grant<'ServiceAccountInspect'>): Promise<ServiceAccountResponse> {
    return this.accounts.inspect(grant)
  }

  /** Takes effect at once: on requests within a second, and on open streams. */
  @Patch(':id')
  @ApiParam({ name: 'id', type: String })
  @Operation('ServiceAccountUpdate', 'Change a service account')
  update(@Granted() grant: Grant<'ServiceAccountUpdate'>, @Body() body: ServiceAccountUpdateRequest): Promise<ServiceAccountResponse> {
    return this.accounts.update(grant, body)
  }

  /** Ends its tokens; what it made stays with its team. */
  @Delete(':id')
  @HttpCode(204)
  @ApiParam({ name: 'id', type: String })
  @Operation('ServiceAccountDelete', 'Delete a service account')
  delete(@Granted() grant: Grant<'ServiceAccountDelete'>): Promise<void> {
    return this.accounts.delete(grant)
  }

  @Get(':id/tokens')
  @ApiParam({ name: 'id', type: String })
  @Operation('ServiceTokenList', "List a service account's tokens")
  listTokens(@Granted() grant: Grant<'ServiceTokenList'>, @Query() query: PageQuery): Promise<TokenPage> {
    return this.tokens.list(grant, query)
  }

  /** Answers the token this once. Needs a login session of somebody who holds all that the account holds. */
  @Post(':id/tokens')
  @ApiParam({ name: 'id', type: String })
  @Operation('ServiceTokenCreate', 'Create a token for a service account')
  createToken(@Granted() grant: Grant<'ServiceTokenCreate'>, @Body() body: ServiceTokenCreateRequest): Promise<NewTokenResponse> {
    return this.tokens.create(grant, body)
  }

  @Delete(':id/tokens/:token')
  @HttpCode(204)
  @ApiParam({ name: 'id', type: String })
  @Operation('ServiceTokenDelete', "Delete a service account's token")
  deleteToken(@Granted() grant: Grant<'ServiceTokenDelete'>, @Param('token') token: string): Promise<void> {
    return this.tokens.delete(grant, token)
  }
}
