import { Body, Controller, HttpCode, Post } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { PolicyCheckBody, PolicyVerdict } from './dto/policy.dto.js'
import { PolicyChecks } from './policy.service.js'

/** What a team may make. */
@ApiTags('policy')
@Controller('policy')
export class PolicyController {
  constructor(private readonly checks: PolicyChecks) {}

  @Post('check')
  @HttpCode(200)
  @Operation('PolicyCheck', "Would a container be allowed by the team's profile?")
  check(@Granted() grant: Grant<'PolicyCheck'>, @Body() body: PolicyCheckBody): Promise<PolicyVerdict> {
    return this.checks.check(grant, body)
  }
}
