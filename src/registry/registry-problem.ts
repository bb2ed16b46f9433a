import { AppError } from '../common/errors.js'

/** Codes of Node and OpenSSL, and what they mean to whoever saved the registry. */
const UNTRUSTED: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not known',
  UNABLE_TO_GET_ISSUER_CERT: 'its authority is not known',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another host',
}

const UNREACHABLE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name can not be looked up now',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
}

/** What a TLS client sees where the other side does not speak TLS. */
const NOT_TLS: ReadonlySet<string> = new Set(['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'])

/** An error of the network as one of the catalogue; its own text is never shown. */
export function registryProblem(address: string, error: unknown): AppError {
  const code = codeOf(error)
  const untrusted = UNTRUSTED[code]
  if (untrusted) return new AppError('REGISTRY_UNTRUSTED', { address, reason: untrusted }, { cause: error })
  if (NOT_TLS.has(code)) return new AppError('REGISTRY_PLAIN_HTTP', { address }, { cause: error })
  if (code === 'TimeoutError' || code === 'ETIMEDOUT') return new AppError('REGISTRY_TIMEOUT', { address }, { cause: error })
  if (code.startsWith('HPE_')) return new AppError('REGISTRY_PROTOCOL', { address, reason: 'it does not speak http' }, { cause: error })
  const reason = UNREACHABLE[code] ?? 'the connection failed'
  return new AppError('REGISTRY_UNREACHABLE', { address, reason }, { cause: error })
}

/** Of several addresses of one name each may have failed: the first one's reason stands for all. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  const { code, name } = error as NodeJS.ErrnoException
  return typeof code === 'string' ? code : name
}
