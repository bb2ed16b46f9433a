import { Controller, Get, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { AnswersAudit, type AuditFormat, Format } from './audit-answer.js'
import { AuditService } from './audit.service.js'
import { type AuditItem, AuditListQuery, type AuditPage, AuditVerification } from './dto/audit.dto.js'

@ApiTags('audit')
@Controller('audit')
export class AuditController {
  constructor(private readonly audit: AuditService) {}

  /** Who did what, newest first. As JSON lines it is an export: everything, oldest first, as `berth audit verify` reads it. */
  @Get()
  @AnswersAudit()
  @Operation('AuditList', 'Read the audit log')
  list(
    @Granted() grant: Grant<'AuditList'>,
    @Query() query: AuditListQuery,
    @Format() format: AuditFormat,
  ): Promise<AuditPage | AsyncIterable<AuditItem>> {
    return this.audit.list(grant, query, format)
  }

  /** Holds every record to its hash chain. Keep the answer elsewhere: `berth audit verify --heads` compares with it later. */
  @Get('verify')
  @Operation('AuditVerify', 'Verify the audit log')
  verify(@Granted() grant: Grant<'AuditVerify'>): Promise<AuditVerification> {
    return this.audit.verify(grant)
  }
}
