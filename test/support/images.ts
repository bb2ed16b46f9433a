/**
 * Images without a hub. They are put straight into the registry, so that making them leaves nothing on the engine and
 * every pull takes the engine's real pull path; `library/…` is what the engine finds for `busybox`, as its mirror.
 */
import { createHash, randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { CREATED, busyboxTar, tarOf } from '../../scripts/tar.js'
import type { Registry } from './registry.js'

/** One layer: its gzipped tar, the digest of the plain one, and what the image's history says of it. */
export interface Layer {
  readonly blob: Buffer
  readonly diffId: string
  readonly createdBy: string
}

/** A layer of an uncompressed tar. */
export function layerOf(tar: Buffer, createdBy: string): Layer {
  return { blob: gzipSync(tar, { level: 1 }), diffId: sha256(tar), createdBy }
}

export interface ImageSpec {
  /** `library/busybox`, `team/app`. */
  readonly repository: string
  readonly tags: readonly string[]
  readonly layers: readonly Layer[]
  /** The image's config: Cmd, Env, Labels and so on. */
  readonly config?: Readonly<Record<string, unknown>>
}

const LAYER = 'application/vnd.docker.image.rootfs.diff.tar.gzip'
const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'
const CONFIG = 'application/vnd.docker.container.image.v1+json'

/** Puts an image into the registry and answers its manifest's digest. The same spec always gives the same digest. */
export async function pushImage(registry: Registry, spec: ImageSpec): Promise<string> {
  const blobs = spec.layers.map(({ blob }) => blob)
  const config = Buffer.from(JSON.stringify(imageConfig(spec)))
  await Promise.all([config, ...blobs].map((blob) => pushBlob(registry, spec.repository, blob)))
  const layers = blobs.map((blob) => ({ mediaType: LAYER, size: blob.length, digest: sha256(blob) }))
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIG, size: config.length, digest: sha256(config) },
    layers,
  }
  const bytes = Buffer.from(JSON.stringify(manifest))
  for (const tag of spec.tags) {
    const answer = await registry.call('PUT', `/v2/${spec.repository}/manifests/${tag}`, bytes, { 'content-type': MANIFEST })
    if (answer.status !== 201) throw new Error(`push of ${spec.repository}:${tag}: ${answer.status} ${answer.body.toString()}`)
  }
  return sha256(bytes)
}

/** The images that every bed has from its start; see bed.ts for their references. */
export async function pushSeedImages(registry: Registry): Promise<void> {
  const busybox = layerOf(busyboxTar(), 'ADD busybox.tar / # from the machine')
  const app = layerOf(tarOf({ 'app/version': '1\n' }), 'COPY version /app/version')
  const config = { Cmd: ['sh'], Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] }
  const random = [1, 6, 13].map((mb) => layerOf(tarOf({ [`random-${mb}`]: randomBytes(mb << 20) }), `ADD random-${mb} /`))
  await Promise.all([
    pushImage(registry, { repository: 'library/busybox', tags: ['1', 'latest'], layers: [busybox], config }),
    pushImage(registry, { repository: 'library/layered', tags: ['1', 'latest'], layers: [busybox, app], config }),
    pushImage(registry, { repository: 'team/app', tags: ['1'], layers: [busybox, app], config: { ...config, Labels: { app: 'team' } } }),
    pushImage(registry, { repository: 'library/random', tags: ['20m'], layers: random, config: { Cmd: ['/none'] } }),
  ])
}

function imageConfig({ layers, config = {} }: ImageSpec): object {
  return {
    architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    os: 'linux',
    created: CREATED,
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ createdBy }) => ({ created: CREATED, created_by: createdBy })),
  }
}

async function pushBlob(registry: Registry, repository: string, blob: Buffer): Promise<void> {
  const digest = sha256(blob)
  const known = await registry.call('HEAD', `/v2/${repository}/blobs/${digest}`)
  if (known.status === 200) return
  const upload = await registry.call('POST', `/v2/${repository}/blobs/uploads/`)
  const url = new URL(String(upload.headers['location']), `http://${registry.host}`)
  url.searchParams.set('digest', digest)
  const answer = await registry.call('PUT', url.pathname + url.search, blob, { 'content-type': 'application/octet-stream' })
  if (answer.status !== 201) throw new Error(`push of a layer of ${repository}: ${answer.status} ${answer.body.toString()}`)
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
