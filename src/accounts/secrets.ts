import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Personal tokens begin with it, so that scanners for leaked secrets can find them. */
export const PERSONAL_PREFIX = 'berth_pat_'
const REFRESH_PREFIX = 'berth_ref_'
const MAC_BYTES = 32

/** What is stored of a secret that has enough entropy of its own. */
export function sha256(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** 256 random bits in 43 letters, digits, `-` and `_`. */
export function randomSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Compares two hashes in constant time. */
export function sameHash(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(a)), Buffer.from(sha256(b)))
}

/**
 * A refresh token names its session and is signed: an old one is thereby known to have been genuine, while nobody can end a
 * session by its id and a made-up token.
 */
export function newRefreshToken(sessionId: string, key: Buffer): string {
  const body = Buffer.concat([Buffer.from(sessionId.replaceAll('-', ''), 'hex'), randomBytes(32)])
  return REFRESH_PREFIX + Buffer.concat([body, mac(body, key)]).toString('base64url')
}

/** The session of a refresh token that was made here, valid still or not; null for anything else. */
export function sessionOfRefreshToken(token: string, key: Buffer): string | null {
  if (!token.startsWith(REFRESH_PREFIX)) return null
  const bytes = Buffer.from(token.slice(REFRESH_PREFIX.length), 'base64url')
  if (bytes.length !== 16 + 32 + MAC_BYTES) return null
  const body = bytes.subarray(0, -MAC_BYTES)
  if (!timingSafeEqual(mac(body, key), bytes.subarray(-MAC_BYTES))) return null
  return body
    .subarray(0, 16)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function mac(body: Buffer, key: Buffer): Buffer {
  return createHmac('sha256', key).update(body).digest()
}
