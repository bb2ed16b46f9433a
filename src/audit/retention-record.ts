import type { AuditRecord } from './audit.js'

/** What each record of a retention has in common; nobody's user name can be `system`. */
export const RETENTION = {
  phase: 'outcome',
  operation: 'AuditRetention',
  principal_id: null,
  principal_name: 'system',
  credential: 'none',
  team: null,
  target_kind: 'host',
  as_admin: 0,
  result: 'ok',
  address: '',
} as const satisfies Partial<AuditRecord>
