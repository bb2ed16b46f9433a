import type { Migration } from 'kysely/migration'
import * as spine from './0001-spine.js'
import * as auditProcess from './0002-audit-process.js'
import * as networks from './0003-networks.js'
import * as profiles from './0004-profiles.js'
import * as auditChain from './0070-audit-chain.js'
import * as terminals from './0060-terminals.js'
import * as roles from './0071-roles.js'
import * as secondFactor from './0072-second-factor.js'
import * as formerSeccomp from './0091-former-seccomp.js'
import * as quotas from './0073-quotas.js'
import * as seccompProfiles from './0074-seccomp-profiles.js'
import * as hostPorts from './0010-host-ports.js'
import * as imageScratch from './0030-image-scratch.js'
import * as events from './0040-events.js'
import * as webhooks from './0041-webhooks.js'
import * as webhookTries from './0042-webhook-tries.js'
import * as registries from './0050-registries.js'
import * as idempotency from './0080-idempotency.js'
import * as formerPolicies from './0090-former-policies.js'

/** All migrations in order; a list in code, since a bundle or an image has no folder to scan. */
export const MIGRATIONS: Record<string, Migration> = {
  '0001-spine': spine,
  '0002-audit-process': auditProcess,
  '0003-networks': networks,
  '0004-profiles': profiles,
  '0070-audit-chain': auditChain,
  '0071-roles': roles,
  '0072-second-factor': secondFactor,
  '0073-quotas': quotas,
  '0074-seccomp-profiles': seccompProfiles,
  '0091-former-seccomp': formerSeccomp,
  '0010-host-ports': hostPorts,
  '0030-image-scratch': imageScratch,
  '0040-events': events,
  '0041-webhooks': webhooks,
  '0042-webhook-tries': webhookTries,
  '0050-registries': registries,
  '0060-terminals': terminals,
  '0080-idempotency': idempotency,
  '0090-former-policies': formerPolicies,
}
