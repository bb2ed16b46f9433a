import { Controller, Delete, Get, HttpCode, Param, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { PageQuery } from '../common/page.dto.js'
import { SessionPage } from './dto/sessions.dto.js'
import { SessionsService } from './sessions.service.js'

@ApiTags('me')
@Controller('me/sessions')
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  /** Where you are logged in, newest first. */
  @Get()
  @Operation('SessionList', 'List your sessions')
  list(@Granted() grant: Grant<'SessionList'>, @Query() query: PageQuery): Promise<SessionPage> {
    return this.sessions.list(grant, query)
  }

  /** Ends the session, its tokens and its open streams. */
  @Delete(':id')
  @HttpCode(204)
  @Operation('SessionDelete', 'Revoke a session')
  delete(@Granted() grant: Grant<'SessionDelete'>, @Param('id') id: string): Promise<void> {
    return this.sessions.delete(grant, id)
  }
}
