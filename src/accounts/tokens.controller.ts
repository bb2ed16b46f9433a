import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { PageQuery } from '../common/page.dto.js'
import { NewTokenResponse, TokenCreateRequest, TokenPage } from './dto/tokens.dto.js'
import { TokensService } from './tokens.service.js'

@ApiTags('me')
@Controller('me/tokens')
export class TokensController {
  constructor(private readonly tokens: TokensService) {}

  /** Your personal tokens, without the tokens themselves. */
  @Get()
  @Operation('TokenList', 'List your tokens')
  list(@Granted() grant: Grant<'TokenList'>, @Query() query: PageQuery): Promise<TokenPage> {
    return this.tokens.list(grant, query)
  }

  /** Answers the token this once. Needs a login session: a token can't make tokens. */
  @Post()
  @Operation('TokenCreate', 'Create a token')
  create(@Granted() grant: Grant<'TokenCreate'>, @Body() body: TokenCreateRequest): Promise<NewTokenResponse> {
    return this.tokens.create(grant, body)
  }

  @Delete(':id')
  @HttpCode(204)
  @Operation('TokenDelete', 'Delete a token')
  delete(@Granted() grant: Grant<'TokenDelete'>, @Param('id') id: string): Promise<void> {
    return this.tokens.delete(grant, id)
  }
}
