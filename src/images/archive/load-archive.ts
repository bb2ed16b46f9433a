import { posix } from 'node:path'
import { AppError } from '../../common/errors.js'
import { readTar, TAR_END, type TarEntry, tarHeader, tarPadding } from '../../common/tar.js'
import { ContentDigest } from './content-digest.js'
import { diffIdsOf, type ManifestItem, parseManifest } from './image-manifest.js'
import { leadsOut, plainName, refused } from './refused.js'

/** Descriptions (json) that are held until the end, all together. */
const MOST_DESCRIBED = 32 * 1024 * 1024
const LARGEST_DESCRIPTION = 8 * 1024 * 1024
const MOST_ENTRIES = 20_000
/** What says which images and names there are: it is written anew. A newer engine would believe index.json before the manifest. */
const REWRITTEN = new Set(['manifest.json', 'repositories', 'index.json', 'oci-layout'])

/** An image of the archive that was found to be whole. */
export interface ArchivedImage {
  /** `sha256:…` that the engine will give it. */
  readonly id: string
  /** As the archive names it. */
  readonly names: readonly string[]
  /** What it is made of, lowest first: each of them was in the archive. */
  readonly diffIds: readonly string[]
}

/**
 * An archive of `docker save` on its way to the engine. It is written anew, entry by entry, and names nothing but what
 * `tagsFor` says. The list of images goes last, once each layer was found to be what the image's configuration says: the
 * engine does not read a layer that it has already, so a list of digests alone would be a way to another team's layers.
 */
export class LoadArchive {
  private readonly described = new Map<string, Buffer>()
  private describedBytes = 0
  private readonly contents = new Map<string, { readonly raw: string; readonly content: string }>()
  private readonly links = new Map<string, string>()
  private entries = 0

  constructor(
    private readonly source: AsyncIterable<Uint8Array>,
    private readonly options: {
      readonly limit: number
      /** The tags that the engine shall give to each image. */
      readonly tagsFor: (images: readonly ArchivedImage[]) => readonly (readonly string[])[]
    },
  ) {}

  /** @throws AppError ARCHIVE_REFUSED, BODY_TOO_LARGE and what `tagsFor` throws; then the engine has got a tar without its end. */
  async *chunks(): AsyncGenerator<Uint8Array> {
    try {
      for await (const { entry, data } of readTar(this.source)) {
        assertHarmless(entry)
        yield* this.passed({ ...entry, name: plainName(entry.name) }, data)
      }
    } catch (error) {
      throw error instanceof AppError ? error : refused(this.entries === 0 ? 'it is no tar' : 'it is damaged, or ends too early')
    }
    yield* this.manifest()
    yield TAR_END
  }

  private async *passed(entry: TarEntry, data: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const { name, type, link } = entry
    if (++this.entries > MOST_ENTRIES) throw refused(`it has more than ${MOST_ENTRIES} entries`)
    if (type === 'symlink') this.links.set(name, plainName(posix.join(posix.dirname(name), link)))
    const goesOn = !REWRITTEN.has(name) && name !== ''
    if (goesOn) yield tarHeader({ ...entry, uid: 0, gid: 0, ...(type !== 'file' && { size: 0 }) })
    if (type !== 'file') return
    yield* this.file(name, data, goesOn)
    if (goesOn) yield tarPadding(entry.size)
  }

  private async *file(name: string, data: AsyncIterable<Uint8Array>, goesOn: boolean): AsyncGenerator<Uint8Array> {
    const digest = new ContentDigest(this.options.limit)
    const description = this.describe(name)
    try {
      for await (const chunk of data) {
        await digest.update(chunk)
        description.take(chunk)
        if (goesOn) yield chunk
      }
      this.contents.set(name, await digest.end())
      description.end()
    } finally {
      digest.destroy()
    }
  }

  /** Holds what may turn out to be a description; the list that tells comes last. */
  private describe(name: string): { take: (chunk: Uint8Array) => void; end: () => void } {
    let parts: Uint8Array[] | null = []
    let size = 0
    const drop = (): void => {
      this.describedBytes -= size
      parts = null
    }
    // a second entry of the name takes the place of the first, as it does where it is unpacked
    this.described.delete(name)
    return {
      take: (chunk) => {
        if (!parts) return
        // a layer does not begin like json
        if (size === 0 && chunk[0] !== 0x7b && chunk[0] !== 0x5b) return drop()
        size += chunk.length
        this.describedBytes += chunk.length
        if (size > LARGEST_DESCRIPTION) return drop()
        if (this.describedBytes > MOST_DESCRIBED) throw refused('its descriptions are too large')
        parts.push(Buffer.from(chunk))
      },
      end: () => {
        if (parts) this.described.set(name, Buffer.concat(parts))
      },
    }
  }

  private async *manifest(): AsyncGenerator<Uint8Array> {
    const bytes = this.described.get('manifest.json')
    if (!bytes) throw refused('it has no manifest.json: it is no archive of docker save')
    const items = parseManifest(bytes)
    const tags = this.options.tagsFor(items.map((item) => this.image(item)))
    const rewritten = items.map(({ Config, Layers }, at) => ({
      Config: plainName(Config),
      RepoTags: tags[at] ?? [],
      Layers: Layers.map(plainName),
    }))
    const text = Buffer.from(JSON.stringify(rewritten))
    yield tarHeader({
      name: 'manifest.json',
      type: 'file',
      size: text.length,
      mode: 0o644,
      uid: 0,
      gid: 0,
      modified: new Date(0),
      link: '',
    })
    yield text
    yield tarPadding(text.length)
  }

  private image({ Config, RepoTags, Layers }: ManifestItem): ArchivedImage {
    const name = this.resolved(Config)
    const config = this.described.get(name)
    const id = this.contents.get(name)?.raw
    if (!config || id === undefined) throw refused('the configuration of an image is not in it', Config)
    const diffIds = diffIdsOf(config, Config)
    const found = Layers.map((layer) => this.contents.get(this.resolved(layer))?.content)
    if (found.includes(undefined)) throw refused('a layer is not in it', Layers[found.indexOf(undefined)])
    if (found.length !== diffIds.length || found.some((digest, at) => digest !== diffIds[at]))
      throw refused('a layer is not what the image says', Config)
    return { id, names: RepoTags ?? [], diffIds }
  }

  /** Behind a link: older engines save a layer once, and link to it. */
  private resolved(path: string): string {
    const name = plainName(path)
    return this.links.get(name) ?? name
  }
}

function assertHarmless({ name, type, link }: TarEntry): void {
  if (name.startsWith('/') || leadsOut(name)) throw refused('a name leads out of the folder', name)
  if (name.length > 512 || name.includes('\0') || name.includes('\uFFFD')) throw refused('a name is too long, or not UTF-8')
  if (type === 'file' || type === 'directory') return
  if (type !== 'symlink') throw refused('an entry is neither file nor folder', name)
  if (link.startsWith('/') || leadsOut(posix.join(posix.dirname(name), link))) throw refused('a link leads out of the folder', name)
}
