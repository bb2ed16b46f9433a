import { Module } from '@nestjs/common'
import { OwnershipController } from './ownership.controller.js'
import { OwnershipService } from './ownership.service.js'
import { Reconciler } from './reconciler.js'

/** What belongs to nobody, and the reconciler that holds ownership rows to the engine. */
@Module({ controllers: [OwnershipController], providers: [OwnershipService, Reconciler] })
export class OwnershipModule {}
