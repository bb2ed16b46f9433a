import { AppError } from './errors.js'

/** An image reference, taken apart by the distribution grammar and completed as the engine would. */
export interface ImageReference {
  /** `docker.io`, `127.0.0.1:5000`, `[::1]:5000` … */
  readonly registry: string
  /** `library/busybox` */
  readonly repository: string
  readonly tag: string | null
  /** `sha256:…` */
  readonly digest: string | null
  /** Complete and canonical: `docker.io/library/busybox:latest`; the key of the team's image table. With a digest, the tag is left out. */
  readonly normalised: string
  /** As people write it: `busybox:latest`. */
  readonly familiar: string
}

// github.com/distribution/reference, regexp.go: the same names for the same parts.
const domainComponent = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const host = `(?:${domainComponent}(?:\\.${domainComponent})*|\\[(?:[a-fA-F0-9:]+)\\])`
const domain = `${host}(?::[0-9]+)?`
const pathComponent = '[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*'
const remoteName = `${pathComponent}(?:/${pathComponent})*`
const REFERENCE = new RegExp(`^(?:(${domain})/)?(${remoteName})(?::([\\w][\\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$`)
const MAX_NAME = 255
/** Our own holding tags live there: no client may name one. */
const RESERVED = 'berth.invalid'

/**
 * Parses what a client calls an image.
 * @throws AppError INVALID_REFERENCE; nothing that fails here ever reaches an engine path.
 */
export function parseImageReference(text: string): ImageReference {
  // The engine takes 64 hex digits for an id, whatever the client meant; and what looks like an id must not be a name.
  if (text.length > 1024 || /^(sha256:)?[0-9a-f]{64}$/.test(text)) throw invalid()
  const match = REFERENCE.exec(text)
  if (!match) throw invalid()
  const [, first, rest, tag = null, digest = null] = match
  const { registry, repository } = splitDomain(first, rest!)
  if (registry.length + 1 + repository.length > MAX_NAME || registry.toLowerCase().split(':')[0] === RESERVED) throw invalid()
  const effectiveTag = tag ?? (digest ? null : 'latest')
  // As the engine: beside a digest the tag says nothing.
  const suffix = digest ? `@${digest}` : `:${effectiveTag}`
  const short = registry === 'docker.io' ? repository.replace(/^library\/(?=[^/]+$)/, '') : `${registry}/${repository}`
  return { registry, repository, tag: effectiveTag, digest, normalised: `${registry}/${repository}${suffix}`, familiar: short + suffix }
}

/** The first part is a registry only if it looks like one; `team/app` is a repository on the hub. */
function splitDomain(first: string | undefined, rest: string): { registry: string; repository: string } {
  const isDomain = first !== undefined && (/[.:[]/.test(first) || first === 'localhost' || first.toLowerCase() !== first)
  if (!isDomain) {
    const path = first === undefined ? rest : `${first}/${rest}`
    if (!new RegExp(`^${remoteName}$`).test(path)) throw invalid()
    return { registry: 'docker.io', repository: path.includes('/') ? path : `library/${path}` }
  }
  const registry = first === 'index.docker.io' ? 'docker.io' : first
  const repository = registry === 'docker.io' && !rest.includes('/') ? `library/${rest}` : rest
  return { registry, repository }
}

function invalid(): AppError {
  return new AppError('INVALID_REFERENCE', { reason: 'not an image reference such as registry:5000/name:tag or name@sha256:…' })
}
