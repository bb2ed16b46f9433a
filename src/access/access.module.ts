import { Global, Module } from '@nestjs/common'
import { AuditLog } from '../audit/audit.js'
import { Access } from './access.js'
import { ChangeRelay } from './change-relay.js'
import { AccessChanges } from './changes.js'
import { OpenRights } from './open-rights.js'
import { Ownership } from './ownership.js'
import { ProcessIdentity } from './process-identity.js'
import { Quota } from './quota.js'
import { RateLimits } from './rate-limits.js'
import { Resolver } from './resolver.js'
import { Revisions } from './revisions.js'
import { Teams } from './teams.js'
import { Witness } from './witness.js'

/** The decision, and everything that it needs to know. Global, since every edge and every domain module stands on it. */
@Global()
@Module({
  providers: [
    Access,
    AccessChanges,
    AuditLog,
    ChangeRelay,
    OpenRights,
    Ownership,
    ProcessIdentity,
    Quota,
    RateLimits,
    Resolver,
    Revisions,
    Teams,
    Witness,
  ],
  exports: [Access, AccessChanges, AuditLog, OpenRights, Ownership, ProcessIdentity, Quota, RateLimits, Revisions, Teams, Witness],
})
export class AccessModule {}
