import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import {
  TotpConfirmRequest,
  TotpConfirmResponse,
  TotpDisableRequest,
  TotpEnrolRequest,
  TotpEnrolResponse,
  TotpResponse,
} from './dto/totp.dto.js'
import { TotpService } from './totp.service.js'

@ApiTags('me')
@Controller('me/totp')
export class TotpController {
  constructor(private readonly totp: TotpService) {}

  /** Whether a login asks for a one-time password. */
  @Get()
  @Operation('TotpInspect', 'Inspect your second factor')
  inspect(@Granted() grant: Grant<'TotpInspect'>): Promise<TotpResponse> {
    return this.totp.inspect(grant)
  }

  /** A new secret for your authenticator. Nothing is asked for until it is confirmed. Needs a login session. */
  @Post()
  @HttpCode(200)
  @Operation('TotpEnrol', 'Set up a second factor')
  enrol(@Granted() grant: Grant<'TotpEnrol'>, @Body() body: TotpEnrolRequest): Promise<TotpEnrolResponse> {
    return this.totp.enrol(grant, body)
  }

  /** From now on each login needs a code. Answers the recovery codes this once, and ends your other sessions. */
  @Post('confirm')
  @HttpCode(200)
  @Operation('TotpConfirm', 'Confirm a second factor')
  confirm(@Granted() grant: Grant<'TotpConfirm'>, @Body() body: TotpConfirmRequest): Promise<TotpConfirmResponse> {
    return this.totp.confirm(grant, body)
  }

  @Post('disable')
  @HttpCode(204)
  @Operation('TotpDisable', 'Disable your second factor')
  disable(@Granted() grant: Grant<'TotpDisable'>, @Body() body: TotpDisableRequest): Promise<void> {
    return this.totp.disable(grant, body)
  }
}
