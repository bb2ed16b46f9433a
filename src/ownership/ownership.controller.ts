import { Body, Controller, Get, HttpCode, Post, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { AssignedResponse, AssignRequest, UnownedList, UnownedQuery } from './dto/ownership.dto.js'
import { OwnershipService } from './ownership.service.js'

@ApiTags('ownership')
@Controller()
export class OwnershipController {
  constructor(private readonly ownership: OwnershipService) {}

  /** What is on the engine and belongs to no team. */
  @Get('unowned')
  @Operation('UnownedList')
  unowned(@Granted() grant: Grant<'UnownedList'>, @Query() query: UnownedQuery): Promise<UnownedList> {
    return this.ownership.unowned(grant, query)
  }

  /** Gives something that belongs to no team to one. */
  @Post('ownership/assign')
  @HttpCode(200)
  @Operation('OwnershipAssign')
  assign(@Granted() grant: Grant<'OwnershipAssign'>, @Body() body: AssignRequest): Promise<AssignedResponse> {
    return this.ownership.assign(grant, body)
  }
}
