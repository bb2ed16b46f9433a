import { AppError } from '../common/errors.js'
import { parseImageReference } from '../common/image-reference.js'

/** Where a registry is. */
export interface RegistryAddress {
  /** `https://registry.example:5000`; of Docker Hub the host that serves its API. */
  readonly url: string
  /** As references spell it: `registry.example:5000`, `docker.io`. */
  readonly address: string
  /** Known without asking, for Docker Hub alone. */
  readonly tokenHost: string | null
}

/** References say docker.io, the API is elsewhere, and tokens come from a third host. */
const HUB: RegistryAddress = { url: 'https://registry-1.docker.io', address: 'docker.io', tokenHost: 'auth.docker.io' }
const HUB_NAMES: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io', 'hub.docker.com'])

/**
 * Takes apart what a client calls the address of a registry. URL gives the canonical form of a host, so `http://0x7f.1` is
 * 127.0.0.1 before anybody judges it.
 * @throws AppError INVALID_REQUEST
 */
export function parseRegistryUrl(text: string): RegistryAddress {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^https?:$/.test(url.protocol)) throw wrong('must be http://host[:port] or https://host[:port]')
  if (url.username || url.password) throw wrong('must not carry a user name or a password: they have fields of their own')
  if (HUB_NAMES.has(url.host)) return HUB
  if (url.pathname !== '/' || url.search || url.hash || text.includes('?') || text.includes('#')) throw wrong('must not have a path')
  if (!isNameable(url.host)) throw wrong('must have a dot or a port in its host, else no image reference can name it')
  return { url: url.origin, address: url.host, tokenHost: null }
}

/** Its tokens are made by a host of its own that is known beforehand. */
export function isHub(address: string): boolean {
  return address === HUB.address
}

/** Host and port of a URL, apart; an IPv6 address without its brackets. */
export function authorityOf(url: URL): { host: string; port: number } {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port }
}

function isNameable(host: string): boolean {
  try {
    return parseImageReference(`${host}/x`).registry === host
  } catch {
    return false
  }
}

function wrong(detail: string): AppError {
  return new AppError('INVALID_REQUEST', { reason: 'the address of the registry is not valid', errors: [{ pointer: '/url', detail }] })
}
