import { Controller, Get, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { AuditService } from './audit.service.js'
import { AuditListQuery, AuditPage } from './dto/audit.dto.js'

@ApiTags('audit')
@Controller('audit')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  /** Who did what, newest first. */
  @Get()
  @Operation('AuditList')
  list(@Granted() grant: Grant<'AuditList'>, @Query() query: AuditListQuery): Promise<AuditPage> {
    return this.audit.list(grant, query)
  }
}
