import { Controller, Get, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { WhoCanPage, WhoCanQuery } from './dto/who-can.dto.js'
import { WhoCanService } from './who-can.service.js'

@ApiTags('roles')
@Controller('who-can')
export class WhoCanController {
  constructor(private readonly whoCan: WhoCanService) {}

  /** Who would be allowed to do this now, and why. Decided by the same function, once for each account; tokens may do less. */
  @Get()
  @Operation('WhoCan', 'Ask who may do something')
  list(@Granted() grant: Grant<'WhoCan'>, @Query() query: WhoCanQuery): Promise<WhoCanPage> {
    return this.whoCan.list(grant, query)
  }
}
