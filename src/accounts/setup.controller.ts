import { Body, Controller, HttpCode, Post } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { LoginResponse, SetupRequest } from './dto/auth.dto.js'
import { SetupService } from './setup.service.js'
import { UserAgent } from './user-agent.js'

@ApiTags('setup')
@Controller('setup')
export class SetupController {
  constructor(private readonly setup: SetupService) {}

  /** Makes the first administrator and the team `default`, with the token that the server printed. Works once. */
  @Post()
  @HttpCode(200)
  @Operation('SetupComplete', 'Set up the first administrator')
  complete(
    @Granted() grant: Grant<'SetupComplete'>,
    @Body() body: SetupRequest,
    @UserAgent() userAgent: string | undefined,
  ): Promise<LoginResponse> {
    return this.setup.complete(grant, body, userAgent)
  }
}
