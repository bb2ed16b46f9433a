import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { CanIRequest, CanIResponse, MeResponse, PasswordRequest } from './dto/me.dto.js'
import { MeService } from './me.service.js'

@ApiTags('me')
@Controller('me')
export class MeController {
  constructor(private readonly me: MeService) {}

  /** Who the caller is, with their teams, and what this credential may do. */
  @Get()
  @Operation('MeInspect', 'Inspect your account')
  inspect(@Granted() grant: Grant<'MeInspect'>): Promise<MeResponse> {
    return this.me.inspect(grant)
  }

  /** Would the operation be allowed now? Decided by the same function, without doing it. */
  @Post('can-i')
  @HttpCode(200)
  @Operation('MeCanI', 'Ask what you may do')
  canI(@Granted() grant: Grant<'MeCanI'>, @Body() body: CanIRequest): Promise<CanIResponse> {
    return this.me.canI(grant, body)
  }

  /** Ends all other sessions of the caller at once; personal tokens stay. */
  @Post('password')
  @HttpCode(204)
  @Operation('MePassword', 'Change your password')
  password(@Granted() grant: Grant<'MePassword'>, @Body() body: PasswordRequest): Promise<void> {
    return this.me.password(grant, body)
  }
}
