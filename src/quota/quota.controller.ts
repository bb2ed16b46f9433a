import { Body, Controller, Get, Put } from '@nestjs/common'
import { ApiParam, ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { QuotaBody, QuotaResponse } from './dto/quota.dto.js'
import { Quotas } from './quota.service.js'

@ApiTags('teams')
@Controller('teams/:team/quota')
export class QuotaController {
  constructor(private readonly quotas: Quotas) {}

  /** What the team may use at most, and what it uses. */
  @Get()
  @ApiParam({ name: 'team', type: String })
  @Operation('QuotaInspect', "Inspect a team's quota")
  inspect(@Granted() grant: Grant<'QuotaInspect'>): Promise<QuotaResponse> {
    return this.quotas.inspect(grant)
  }

  /** Replaces all limits. What is there already stays, also where it is more. */
  @Put()
  @ApiParam({ name: 'team', type: String })
  @Operation('QuotaPut', "Set a team's quota")
  put(@Granted() grant: Grant<'QuotaPut'>, @Body() body: QuotaBody): Promise<QuotaResponse> {
    return this.quotas.put(grant, body)
  }
}
