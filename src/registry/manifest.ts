import { createHash } from 'node:crypto'
import { AppError } from '../common/errors.js'
import type { Content, Manifest, PlatformManifest } from './dto/repository.dto.js'
import type { RegistryAnswer } from './registry-http.js'
import { jsonOf } from './registry-session.js'
import { isDigest } from './repository-names.js'

const IMAGES: ReadonlySet<string> = new Set([
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
])
const INDEXES: ReadonlySet<string> = new Set([
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.index.v1+json',
])

/** All kinds at once: a registry that is asked for images alone answers one of an index's, and its digest is another. */
export const MANIFESTS = [...INDEXES, ...IMAGES].join(', ')
/** What distribution takes at most. */
export const MANIFEST_LIMIT = 4 << 20

/** Which manifest it was asked for. */
interface Asked {
  readonly address: string
  readonly repository: string
  readonly reference: string
}

/**
 * A manifest, checked against its digest: what a registry calls it is not believed.
 * @throws AppError REGISTRY_PROTOCOL, REGISTRY_UNSUPPORTED
 */
export function manifestOf({ headers, body }: RegistryAnswer, asked: Asked): Manifest {
  const { address, repository, reference } = asked
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`
  const claimed = headers['docker-content-digest']
  if ((isDigest(reference) && reference !== digest) || (claimed !== undefined && claimed !== digest))
    throw new AppError('REGISTRY_PROTOCOL', { address, reason: `what it gives for ${repository} is not what its digest says` })
  const json = jsonOf(body, address) as Json
  const mediaType = typeof json?.['mediaType'] === 'string' ? json['mediaType'] : (headers['content-type'] ?? '').split(';')[0]!.trim()
  const kind: Manifest['kind'] | null = IMAGES.has(mediaType) ? 'image' : INDEXES.has(mediaType) ? 'index' : null
  if (kind === null)
    throw new AppError('REGISTRY_UNSUPPORTED', { address, reason: `the manifest is of another kind (${mediaType.slice(0, 100)})` })
  const content = (value: unknown) => contentOf(value, address)
  const config = kind === 'image' ? content(json?.['config']) : null
  const layers = kind === 'image' ? listOf(json?.['layers']).map(content) : []
  const manifests =
    kind === 'index' ? listOf(json?.['manifests']).map((each) => Object.assign(content(each), { platform: platformOf(each) })) : []
  const parts: Content[] = [...(config ? [config] : []), ...layers, ...manifests]
  const totalSize = parts.reduce((sum, { size }) => sum + size, body.length)
  const named = { digest, mediaType, size: body.length, kind, reference: `${address}/${repository}@${digest}` }
  return { ...named, config, layers, manifests, totalSize }
}

type Json = Readonly<Record<string, unknown>> | null

function contentOf(value: unknown, address: string): Content {
  const { digest, mediaType, size } = (value ?? {}) as Partial<Record<'digest' | 'mediaType' | 'size', unknown>>
  if (typeof digest !== 'string' || typeof mediaType !== 'string' || !Number.isSafeInteger(size) || (size as number) < 0)
    throw new AppError('REGISTRY_PROTOCOL', { address, reason: 'it gives a manifest that is none' })
  return { digest, mediaType, size: size as number }
}

function platformOf(value: unknown): PlatformManifest['platform'] {
  const { platform } = value as { platform?: Partial<Record<'os' | 'architecture' | 'variant', unknown>> | null }
  const { os, architecture, variant } = platform ?? {}
  // buildkit's attestations are of the platform unknown/unknown
  if (typeof os !== 'string' || typeof architecture !== 'string' || os === 'unknown') return null
  return [os, architecture, ...(typeof variant === 'string' && variant !== '' ? [variant] : [])].join('/')
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
