import { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { AppError } from '../../common/errors.js'
import { refused } from './refused.js'

const GZIP = Buffer.from([0x1f, 0x8b])
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])
const OTHERS: readonly (readonly [Buffer, string])[] = [
  [Buffer.from('BZh'), 'bzip2'],
  [Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a]), 'xz'],
  [Buffer.from('PK\x03\x04'), 'zip'],
]

/** The decompressor for what begins so, or null for what is not compressed. @throws AppError ARCHIVE_REFUSED */
export function decompressorFor(begin: Uint8Array): ReturnType<typeof createGunzip> | null {
  const first = Buffer.from(begin.subarray(0, 8))
  const is = (magic: Buffer): boolean => first.subarray(0, magic.length).equals(magic)
  const [, other] = OTHERS.find(([magic]) => is(magic)) ?? []
  if (other !== undefined) throw refused(`it is compressed by ${other}: send it plain, or by gzip or zstd`)
  if (is(GZIP)) return createGunzip()
  return is(ZSTD) ? createZstdDecompress() : null
}

/**
 * The bytes as they are without their compression, at most `limit` of them.
 * @throws AppError BODY_TOO_LARGE, ARCHIVE_REFUSED for what is damaged or compressed in another way
 */
export async function* inflated(chunks: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of plain(chunks)) {
    size += chunk.length
    if (size > limit) throw new AppError('BODY_TOO_LARGE', { limit })
    yield chunk
  }
}

async function* plain(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { begin, whole } = await peek(chunks)
  const decompressor = decompressorFor(begin)
  if (!decompressor) return yield* whole
  const source = Readable.from(whole, { objectMode: false })
  source.on('error', (error) => decompressor.destroy(error))
  try {
    yield* source.pipe(decompressor) as AsyncIterable<Uint8Array>
  } catch (error) {
    throw error instanceof AppError ? error : refused('its compression is damaged')
  } finally {
    decompressor.destroy()
    source.destroy()
  }
}

/** The first bytes, and all of them. */
async function peek(chunks: AsyncIterable<Uint8Array>): Promise<{ begin: Uint8Array; whole: AsyncGenerator<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]()
  let begin: Uint8Array = new Uint8Array(0)
  let over = false
  while (!over && begin.length < 8) {
    const turn = await iterator.next()
    over = turn.done === true
    if (!turn.done) begin = begin.length === 0 ? turn.value : Buffer.concat([begin, turn.value])
  }
  async function* whole(): AsyncGenerator<Uint8Array> {
    try {
      if (begin.length > 0) yield begin
      for (let turn = await iterator.next(); turn.done !== true; turn = await iterator.next()) yield turn.value
    } finally {
      await iterator.return?.()
    }
  }
  return { begin, whole: whole() }
}
