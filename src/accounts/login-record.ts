import type { Grant } from '../access/index.js'
import type { AuditRecord } from '../audit/audit.js'

/** The edge's own records of a login know nobody yet: this one says who it was, or who it tried to be. */
export function loginRecord(
  grant: Grant<'AuthLogin' | 'OidcCallback'>,
  facts: Pick<AuditRecord, 'phase' | 'principal_name' | 'result'> & Partial<AuditRecord>,
): AuditRecord {
  return {
    request_id: grant.requestId,
    operation: grant.operation,
    principal_id: null,
    credential: 'none',
    team: null,
    target_kind: 'public',
    target: null,
    as_admin: 0,
    address: grant.address,
    ...facts,
  }
}
