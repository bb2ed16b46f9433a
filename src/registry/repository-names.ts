import { AppError } from '../common/errors.js'
import { parseImageReference } from '../common/image-reference.js'

const TAG = /^\w[\w.-]{0,127}$/
const DIGEST = /^sha256:[0-9a-f]{64}$/

/**
 * What may stand in a path of a registry: nothing in it has to be encoded, and nothing in it leads elsewhere.
 * @throws AppError INVALID_REFERENCE
 */
export function assertRepository(address: string, name: string): void {
  const known = isReference(`${address}/${name}`) && !/[:@]/.test(name)
  if (!known) throw new AppError('INVALID_REFERENCE', { reason: 'not a repository of a registry, such as team/app' })
}

/** @throws AppError INVALID_REFERENCE */
export function assertTagOrDigest(reference: string): void {
  if (!TAG.test(reference) && !DIGEST.test(reference))
    throw new AppError('INVALID_REFERENCE', { reason: 'not a tag or a digest, such as 1.2 or sha256:…' })
}

export function isDigest(reference: string): boolean {
  return DIGEST.test(reference)
}

function isReference(text: string): boolean {
  try {
    return text.startsWith(`${parseImageReference(text).registry}/`)
  } catch {
    return false
  }
}
