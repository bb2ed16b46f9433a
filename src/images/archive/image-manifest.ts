import { foldKey } from '../../admission/index.js'
import { refused } from './refused.js'

/** One image of `docker save`, as manifest.json has it. */
export interface ManifestItem {
  readonly Config: string
  readonly RepoTags: readonly string[] | null
  readonly Layers: readonly string[]
}

/** More than a person would put into one archive. */
const MOST_IMAGES = 100
/** The engine's own limit is 127. */
const MOST_LAYERS = 500
const MOST_TAGS = 100

/** manifest.json of an archive (moby image/tarexport). @throws AppError ARCHIVE_REFUSED */
export function parseManifest(bytes: Buffer): ManifestItem[] {
  const items = json(bytes, 'manifest.json')
  if (!Array.isArray(items) || items.length === 0) throw refused('manifest.json lists no images')
  if (items.length > MOST_IMAGES) throw refused(`it has more than ${MOST_IMAGES} images`)
  return items.map(itemOf)
}

/** The digests of the layers that an image's configuration names, lowest first. @throws AppError ARCHIVE_REFUSED */
export function diffIdsOf(config: Buffer, name: string): string[] {
  const parsed = json(config, name)
  const { rootfs } = isObject(parsed) ? parsed : {}
  // the engine folds the case of keys, and takes the last
  if (hasTwin(parsed, 'rootfs') || hasTwin(rootfs, 'diff_ids')) throw refused('the configuration of an image names its layers twice', name)
  const ids = isObject(rootfs) ? (rootfs['diff_ids'] ?? []) : undefined
  if (!isTexts(ids, MOST_LAYERS)) throw refused("an image's configuration is not understood", name)
  return ids
}

function itemOf(item: unknown): ManifestItem {
  if (!isObject(item)) throw refused('manifest.json is not understood')
  const { Config, RepoTags = null, Layers = [] } = item
  const layers = Layers ?? []
  if (typeof Config !== 'string' || !isTexts(layers, MOST_LAYERS) || !(RepoTags === null || isTexts(RepoTags, MOST_TAGS)))
    throw refused('manifest.json is not understood')
  return { Config, RepoTags, Layers: layers }
}

function json(bytes: Buffer, name: string): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'))
  } catch {
    throw refused('a description is no json', name)
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function hasTwin(value: unknown, key: string): boolean {
  return isObject(value) && Object.keys(value).some((other) => other !== key && foldKey(other) === key)
}

function isTexts(value: unknown, most: number): value is string[] {
  return Array.isArray(value) && value.length <= most && value.every((text) => typeof text === 'string' && text.length <= 1024)
}
