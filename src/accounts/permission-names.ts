import { isPermission, type Permission } from '../access/index.js'
import { AppError, type FieldError } from '../common/errors.js'

/**
 * A list that a client sent, as permissions in their order.
 * @param among what they may be; a permission beside these is an error too
 * @throws AppError INVALID_REQUEST naming each that is none
 */
export function knownPermissions(
  names: readonly string[],
  among?: { readonly list: readonly Permission[]; readonly why: string },
): Permission[] {
  const errors: FieldError[] = names.flatMap((name, at) => {
    const pointer = `/permissions/${at}`
    if (!isPermission(name)) return [{ pointer, detail: 'is not a permission; see GET /permissions' }]
    return among && !among.list.includes(name) ? [{ pointer, detail: among.why }] : []
  })
  if (errors.length > 0) throw new AppError('INVALID_REQUEST', { reason: 'some permissions can not be given', errors })
  return names.filter(isPermission).sort()
}
