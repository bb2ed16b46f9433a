import { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { AppError } from '../../common/errors.js'
import { begun, passing } from '../../common/passing.js'
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
export function inflated(chunks: AsyncIterable<Uint8Array>, limit: number): AsyncIterable<Uint8Array> {
  let size = 0
  const item = ({ length }: Uint8Array): void => {
    size += length
    if (size > limit) throw new AppError('BODY_TOO_LARGE', { limit })
  }
  return passing(
    begun(() => plain(chunks)),
    { item },
  )
}

async function plain(chunks: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const { begin, whole } = await peek(chunks)
  try {
    const decompressor = decompressorFor(begin)
    return decompressor ? decompressed(whole, decompressor) : whole
  } catch (error) {
    await whole[Symbol.asyncIterator]().return?.()
    throw error
  }
}

async function* decompressed(
  chunks: AsyncIterable<Uint8Array>,
  decompressor: NonNullable<ReturnType<typeof decompressorFor>>,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(chunks, { objectMode: false })
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
async function peek(chunks: AsyncIterable<Uint8Array>): Promise<{ begin: Uint8Array; whole: AsyncIterable<Uint8Array> }> {
  const iterator = chunks[Symbol.asyncIterator]()
  let begin: Uint8Array = new Uint8Array(0)
  let over = false
  while (!over && begin.length < 8) {
    const turn = await iterator.next()
    over = turn.done === true
    if (!turn.done) begin = begin.length === 0 ? turn.value : Buffer.concat([begin, turn.value])
  }
  let first: Uint8Array | null = begin.length > 0 ? begin : null
  const next = (): Promise<IteratorResult<Uint8Array>> => {
    if (!first) return iterator.next()
    const turn = { done: false, value: first } as const
    first = null
    return Promise.resolve(turn)
  }
  const leave = async (): Promise<IteratorResult<Uint8Array>> => (await iterator.return?.(), { done: true, value: undefined })
  return { begin, whole: { [Symbol.asyncIterator]: () => ({ next, return: leave }) } }
}
