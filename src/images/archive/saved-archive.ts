import { AppError } from '../../common/errors.js'
import { readTar, TAR_END, tarHeader, tarPadding } from '../../common/tar.js'
import { parseManifest } from './image-manifest.js'

/** Names of the images, by id. */
export type ImageNames = ReadonlyMap<string, readonly string[]>

const LARGEST_MANIFEST = 4 * 1024 * 1024

/** The engine's archive of images that were named by their ids, with the names that the team has for them. */
export async function* savedArchive(chunks: AsyncGenerator<Uint8Array>, names: ImageNames): AsyncGenerator<Uint8Array> {
  try {
    for await (const { entry, data } of readTar(chunks)) {
      if (entry.name === 'repositories') continue
      if (entry.name === 'manifest.json') {
        const text = await manifest(data, names)
        yield Buffer.concat([tarHeader({ ...entry, size: text.length }), text, tarPadding(text.length)])
        continue
      }
      yield tarHeader({ ...entry, ...(entry.type !== 'file' && { size: 0 }) })
      if (entry.type !== 'file') continue
      yield* data
      yield tarPadding(entry.size)
    }
    yield TAR_END
  } finally {
    await chunks.return(undefined)
  }
}

async function manifest(data: AsyncIterable<Uint8Array>, names: ImageNames): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const chunk of data) {
    size += chunk.length
    if (size > LARGEST_MANIFEST) throw new AppError('ENGINE_PROTOCOL', {}, { cause: 'a manifest.json without an end' })
    // a copy: what comes next is written over it
    parts.push(Uint8Array.from(chunk))
  }
  const items = parseManifest(Buffer.concat(parts)).map(({ Config, Layers }) => {
    // `<hex>.json`, in the OCI layout `blobs/sha256/<hex>`
    const [hex] = /[0-9a-f]{64}/.exec(Config) ?? []
    return { Config, RepoTags: names.get(`sha256:${hex}`) ?? null, Layers }
  })
  return Buffer.from(JSON.stringify(items))
}
