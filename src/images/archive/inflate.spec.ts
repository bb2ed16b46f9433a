import { describe, expect, it } from 'vitest'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { inflated } from './inflate.js'

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(bytes: Buffer, { size = 1_000, limit = 1 << 20 } = {}) {
  const chunks: Buffer[] = []
  for await (const chunk of inflated(pieces(bytes, size), limit)) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

const text = Buffer.from('something to be sent '.repeat(500))

describe('inflated', () => {
  it.each([1, 3, 1_000, 1_000_000])('takes it plain, by gzip and by zstd, in pieces of %i', async (size) => {
    for (const bytes of [text, gzipSync(text), zstdCompressSync(text)]) expect((await read(bytes, { size })).equals(text)).toBe(true)
  })

  it('is empty for nothing', async () => expect(await read(Buffer.alloc(0))).toHaveLength(0))

  it.each([
    ['bzip2', Buffer.from('BZh91AY&SY')],
    ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 4])],
    ['zip', Buffer.from('PK\x03\x04abcd')],
  ])('says that it does not know %s', async (name, bytes) => {
    await expect(read(bytes)).rejects.toThrow(`compressed by ${name}`)
  })

  it('says that the compression is damaged', async () => {
    await expect(read(gzipSync(text).subarray(0, 60))).rejects.toThrow('its compression is damaged')
    const broken = gzipSync(text)
    broken[40]! ^= 0xff
    await expect(read(broken)).rejects.toThrow('its compression is damaged')
  })

  it('ends at the limit, however small it was sent', async () => {
    await expect(read(gzipSync(Buffer.alloc(1 << 20)), { limit: 100_000 })).rejects.toThrow('larger than 100000')
    await expect(read(text, { limit: 100 })).rejects.toThrow('larger than 100')
  })

  it('passes on why its source ended', async () => {
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield gzipSync(text).subarray(0, 50)
      throw new RangeError('why')
    }
    await expect(async () => {
      for await (const _ of inflated(failing(), 1_000)) void _
    }).rejects.toThrow()
  })
})
