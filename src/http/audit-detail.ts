import { operation, type OperationId, type TargetKind } from '../access/index.js'
import type { BerthRequest } from './request-context.js'

/** Targets that do not say by themselves who or what is changed there. */
const KINDS: ReadonlySet<TargetKind> = new Set(['self', 'host', 'team', 'teamEntity', 'user', 'serviceAccount'])
/** Of these the path's `:id` or `:name` is no target, so it says what is changed. */
const WITHOUT_REFERENCE: ReadonlySet<TargetKind> = new Set(['self', 'host'])

type Fields = Readonly<Record<string, unknown>>

/**
 * What a change is about beside its target, for the audit log: the member, role or token of the path, the name of what is
 * made, and the role that is given. Of the body these fields alone are read, so that no secret gets there.
 */
export function auditDetail(request: BerthRequest, id: OperationId): string | undefined {
  const { target, effect } = operation(id)
  if (effect !== 'write' || !KINDS.has(target)) return undefined
  const params = request.params as Fields
  const body = isFields(request.body) ? request.body : {}
  const path = params['user'] ?? params['token'] ?? (WITHOUT_REFERENCE.has(target) ? (params['id'] ?? params['name']) : undefined)
  const who = path ?? body['username'] ?? body['name']
  const said = [who, body['role'], body['hostRole'] === null ? 'no host role' : body['hostRole']]
  return said.filter((part) => typeof part === 'string' && part !== '').join(': ') || undefined
}

function isFields(body: unknown): body is Fields {
  return typeof body === 'object' && body !== null && !Array.isArray(body)
}
