/**
 * The only makers of engine paths. The engine decodes `%2F`, resolves names before id prefixes and answers 301 to `//`,
 * so nothing but a full id or a validated name may stand in a path. A failure here is our own fault, not the client's:
 * it is a plain Error and becomes INTERNAL.
 */
const ID_PATTERN = '[0-9a-f]{64}'
const ID = new RegExp(`^${ID_PATTERN}$`)
const IMAGE_ID = new RegExp(`^sha256:${ID_PATTERN}$`)
/** The engine's own grammar of names (containers and volumes), with a bound. */
const NAME_PATTERN = '[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}'
const NAME = new RegExp(`^${NAME_PATTERN}$`)
const NETWORK_NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/

const LABEL = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const DOMAIN = `(?:${LABEL}(?:\\.${LABEL})*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?`
const COMPONENT = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const REPOSITORY_PATTERN = `(?:${DOMAIN}/)?${COMPONENT}(?:/${COMPONENT})*`
const TAG_PATTERN = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}'
const DIGEST_PATTERN = 'sha256:[0-9a-f]{64}'
const REPOSITORY = new RegExp(`^${REPOSITORY_PATTERN}$`)
const TAG = new RegExp(`^${TAG_PATTERN}$`)
const DIGEST = new RegExp(`^${DIGEST_PATTERN}$`)
const REFERENCE = new RegExp(`^${REPOSITORY_PATTERN}(?::${TAG_PATTERN})?(?:@${DIGEST_PATTERN})?$`)

/** All that dockerode may ask for; a group is an encoded image reference. Streams and sessions are not its business. */
const DIALLED: Readonly<Record<string, readonly RegExp[]>> = {
  GET: [
    /^\/(?:version|info|system\/df|containers\/json|images\/json|images\/search|volumes|networks)$/,
    new RegExp(`^/containers/${ID_PATTERN}/(?:json|top|changes)$`),
    new RegExp(`^/(?:exec/${ID_PATTERN}/json|networks/${ID_PATTERN}|volumes/${NAME_PATTERN})$`),
    /^\/images\/(.+)\/(?:json|history)$/,
    /^\/distribution\/(.+)\/json$/,
  ],
  POST: [
    /^\/(?:commit|(?:containers|volumes|networks)\/create)$/,
    new RegExp(`^/containers/${ID_PATTERN}/(?:start|stop|restart|kill|pause|unpause|rename|wait|update|resize|exec)$`),
    new RegExp(`^/(?:exec/${ID_PATTERN}/resize|networks/${ID_PATTERN}/(?:connect|disconnect))$`),
    /^\/images\/(.+)\/tag$/,
  ],
  DELETE: [new RegExp(`^/(?:(?:containers|networks)/${ID_PATTERN}|volumes/${NAME_PATTERN})$`), /^\/images\/(.+)$/],
}

/** A full container, exec or network id, as it is. */
export function fullId(id: string): string {
  return checked(id, ID, 'a full id')
}

/** A volume's engine name. */
export function volumeName(name: string): string {
  return checked(name, NAME, 'a volume name')
}

/** A container's engine name (no slash). */
export function containerName(name: string): string {
  return checked(name, NAME, 'a container name')
}

/** A network's engine name. */
export function networkName(name: string): string {
  return checked(name, NETWORK_NAME, 'a network name')
}

/** `sha256:<64 hex>` or a reference in the distribution grammar (at most 512 characters), each part encoded. */
export function imageReference(reference: string): string {
  if (IMAGE_ID.test(reference)) return reference
  bounded(reference, 'an image reference')
  // slashes must stay: the engine matches the whole rest of the path; the grammar leaves no empty or dotted component
  return checked(reference, REFERENCE, 'an image reference').split('/').map(encodeURIComponent).join('/')
}

/** The repository part of a reference, not encoded: it goes into a query. */
export function repository(name: string): string {
  bounded(name, 'a repository')
  return checked(name, REPOSITORY, 'a repository')
}

/** A tag or a `sha256:` digest, not encoded: it goes into a query. */
export function tagOrDigest(tag: string): string {
  return DIGEST.test(tag) ? tag : checked(tag, TAG, 'a tag')
}

/**
 * The path that dockerode has built, when it is one of the calls we make with it; throws for any other. dockerode puts ids
 * and names into its paths as they are: the makers above check them before, and this holds them to it.
 */
export function dialledPath(method: string, path: string): string {
  for (const pattern of DIALLED[method] ?? []) {
    const match = pattern.exec(path)
    if (match && (match[1] === undefined || imageReference(decodeURIComponent(match[1])) === match[1])) return path
  }
  throw new Error(`the engine part was given something that is not a path of ours: ${JSON.stringify(`${method} ${path}`.slice(0, 160))}`)
}

/** The value of a query parameter; objects travel as JSON. */
export type QueryValue = string | number | bigint | boolean | object | undefined

/** `?a=1&b=…`, or nothing; undefined values are left out. */
export function query(values: Readonly<Record<string, QueryValue>>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) params.set(name, typeof value === 'object' ? JSON.stringify(value) : String(value))
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

function bounded(value: string, what: string): void {
  // before any pattern sees it: the grammar is linear but a megabyte is still a megabyte
  if (typeof value !== 'string' || value.length > 512) throw new Error(`the engine part was given something that is not ${what}`)
}

function checked(value: string, pattern: RegExp, what: string): string {
  if (typeof value === 'string' && value.length <= 512 && pattern.test(value)) return value
  throw new Error(`the engine part was given something that is not ${what}: ${JSON.stringify(value.slice(0, 80))}`)
}
