import { Module } from '@nestjs/common'
import { QuotaController } from './quota.controller.js'
import { Quotas } from './quota.service.js'

/** Limits of teams, for people; what holds everybody to them is in the access layer and in the stores. */
@Module({ controllers: [QuotaController], providers: [Quotas] })
export class QuotaModule {}
