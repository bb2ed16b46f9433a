import { X509Certificate } from 'node:crypto'
import { AppError, type FieldError } from '../common/errors.js'
import type { RegistryRow } from '../store/schema.js'
import type { CreateRegistryBody, UpdateRegistryBody } from './dto/registry.dto.js'
import { parseRegistryUrl } from './registry-address.js'
import type { RegistryIdentity } from './registry-session.js'

/** A registry as it would be saved. */
export interface Draft extends RegistryIdentity {
  readonly name: string
}

/** A saved one, its password opened. */
type Saved = Pick<RegistryRow, 'name' | 'url' | 'address' | 'token_host' | 'ca_certificate'> & Pick<RegistryIdentity, 'credential'>

/** @throws AppError INVALID_REQUEST */
export function drafted(body: CreateRegistryBody): Draft {
  const { name, url, username, password, tokenHost, caCertificate } = body
  if ((username === undefined) !== (password === undefined))
    throw invalid(username === undefined ? '/username' : '/password', 'is required with the other one')
  const credential = username === undefined || password === undefined ? null : { username, password }
  return { name, credential, ...doorOf(url, tokenHost), ca: authority(caCertificate ?? null) }
}

/**
 * What a change would make of it. Who may change a registry does not know its password, so the kept one goes only where it
 * went before: another address, token service or authority, or another user, takes a password given again.
 * @throws AppError INVALID_REQUEST
 */
export function changed(saved: Saved, body: UpdateRegistryBody): Draft {
  const door = doorOf(body.url ?? saved.url, body.tokenHost === undefined ? (saved.token_host ?? undefined) : (body.tokenHost ?? undefined))
  const ca = authority(body.caCertificate === undefined ? saved.ca_certificate : body.caCertificate)
  const name = body.name ?? saved.name
  if (body.username === null) {
    if (body.password !== undefined) throw invalid('/password', 'is of nobody: username is null')
    return { name, ...door, ca, credential: null }
  }
  const username = body.username ?? saved.credential?.username
  if (body.password !== undefined) {
    if (username === undefined) throw invalid('/username', 'is required with the other one')
    return { name, ...door, ca, credential: { username, password: body.password } }
  }
  const draft = { name, ...door, ca, credential: saved.credential }
  if (username !== undefined && saved.credential === null) throw invalid('/password', 'is required with the other one')
  const moved = !isSameDoor(saved, draft) || username !== saved.credential?.username
  if (moved && username !== undefined)
    throw invalid('/password', 'has to be given again: the one that is kept goes only where it went before')
  return draft
}

/** Would the same credential go to the same place in the same way? */
export function isSameDoor(saved: Saved, draft: Draft): boolean {
  const { url, token_host: tokenHost, ca_certificate: ca, credential } = saved
  const sameUser = credential?.username === draft.credential?.username && credential?.password === draft.credential?.password
  return url === draft.url && tokenHost === draft.tokenHost && ca === draft.ca && sameUser
}

function doorOf(text: string, tokenHost: string | undefined): Pick<Draft, 'url' | 'address' | 'tokenHost'> {
  const door = parseRegistryUrl(text)
  if (tokenHost === undefined) return door
  if (!URL.canParse(`https://${tokenHost}`)) throw invalid('/tokenHost', 'must be host or host:port')
  // as the host of a realm will be spelt
  return { ...door, tokenHost: new URL(`https://${tokenHost}`).host }
}

/** Each certificate has to be one: else the first connection would tell, much later. */
function authority(pem: string | null): string | null {
  const blocks = pem?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
  if (!blocks) {
    if (pem !== null) throw invalid('/caCertificate', 'must be one or more certificates in PEM')
    return null
  }
  try {
    for (const block of blocks) void new X509Certificate(block)
  } catch {
    throw invalid('/caCertificate', 'must be one or more certificates in PEM')
  }
  // and nothing else, a private key say
  return `${blocks.join('\n')}\n`
}

function invalid(pointer: FieldError['pointer'], detail: string): AppError {
  return new AppError('INVALID_REQUEST', { reason: 'the registry is not valid', errors: [{ pointer, detail }] })
}
