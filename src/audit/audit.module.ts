import { Module } from '@nestjs/common'
import { AuditController } from './audit.controller.js'
import { AuditService } from './audit.service.js'
import { AuditRetention } from './retention.js'

/** The reading API of the log; writing it is part of every decision (access.module.ts). */
@Module({ controllers: [AuditController], providers: [AuditRetention, AuditService] })
export class AuditModule {}
