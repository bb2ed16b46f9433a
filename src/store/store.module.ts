import { type DynamicModule, Module, type OnApplicationShutdown } from '@nestjs/common'
import { AuditStore } from './audit.store.js'
import { Database } from './database.js'
import { EventStore } from './events.store.js'
import { HostExportStore } from './host-exports.store.js'
import { HostPortStore } from './host-ports.store.js'
import { IdempotencyStore } from './idempotency.store.js'
import { IdentityStore } from './identities.store.js'
import { ImageReferenceStore } from './image-references.store.js'
import { ImageScratchStore } from './image-scratch.store.js'
import { JobStore } from './jobs.store.js'
import { LeaseStore } from './leases.store.js'
import { MembershipStore } from './memberships.store.js'
import { OwnershipStore } from './ownership.store.js'
import { ProcessStore } from './processes.store.js'
import { QuotaStore } from './quota.store.js'
import { RegistryStore } from './registries.store.js'
import { RenameStore } from './renames.store.js'
import { SealedStore } from './sealed.store.js'
import { SeccompProfileStore } from './seccomp-profiles.store.js'
import { SecretBox } from './secret-box.js'
import { RoleStore } from './roles.store.js'
import { SessionStore } from './sessions.store.js'
import { SettingsStore } from './settings.store.js'
import { SetupStore } from './setup.store.js'
import { SubnetStore } from './subnets.store.js'
import { TeamStore } from './teams.store.js'
import { TerminalSessionStore } from './terminal-sessions.store.js'
import { TokenStore } from './tokens.store.js'
import { TotpStore } from './totp.store.js'
import { UserStore } from './users.store.js'
import { WebhookStore } from './webhooks.store.js'

const STORES = [
  AuditStore,
  EventStore,
  HostExportStore,
  HostPortStore,
  IdempotencyStore,
  IdentityStore,
  ImageReferenceStore,
  ImageScratchStore,
  JobStore,
  LeaseStore,
  MembershipStore,
  OwnershipStore,
  ProcessStore,
  QuotaStore,
  RegistryStore,
  RenameStore,
  SealedStore,
  SeccompProfileStore,
  SecretBox,
  RoleStore,
  SessionStore,
  SettingsStore,
  SetupStore,
  SubnetStore,
  TeamStore,
  TerminalSessionStore,
  TokenStore,
  TotpStore,
  UserStore,
  WebhookStore,
]

/** One store per noun over one database handle, which it closes last. */
@Module({})
export class StoreModule implements OnApplicationShutdown {
  constructor(private readonly db: Database) {}

  static forRoot(db: Database): DynamicModule {
    return { module: StoreModule, global: true, providers: [{ provide: Database, useValue: db }, ...STORES], exports: STORES }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.db.destroy()
  }
}
