import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { demultiplex, FrameDecoder, MAX_PART, type Frame } from './frames.js'

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.integer({ min: 0, max: 3 * MAX_PART }).map((size) => new Uint8Array(size).fill(size % 251)),
)
const frames = fc.array(fc.record({ type: fc.constantFrom(0, 1, 2), bytes: payload }), { maxLength: 8 })

function encode(list: readonly { type: number; bytes: Uint8Array }[]): Buffer {
  return Buffer.concat(
    list.flatMap(({ type, bytes }) => {
      const header = Buffer.from([type, 0, 0, 0, 0, 0, 0, 0])
      header.writeUInt32BE(bytes.length, 4)
      return [header, bytes]
    }),
  )
}

function* chunked(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

async function* later(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks
}

const joined = (list: readonly Frame[], stream: string) =>
  Buffer.concat(list.filter((frame) => frame.stream === stream).map(({ bytes }) => bytes))

describe('frames', () => {
  it('are the same however the bytes are cut', () => {
    fc.assert(
      fc.property(
        frames,
        fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 100_000 })), { minLength: 1, maxLength: 5 }),
        (list, sizes) => {
          const bytes = encode(list)
          const step = Math.max(...sizes) < 10 && bytes.length > 20_000 ? [1_000] : sizes
          const decoder = new FrameDecoder()
          const found = [...chunked(bytes, step)].flatMap((chunk) =>
            decoder.push(chunk).map((frame) => ({ ...frame, bytes: new Uint8Array(frame.bytes) })),
          )
          expect(decoder.end()).toEqual([])
          expect(joined(found, 'stdout').equals(Buffer.concat(list.filter(({ type }) => type < 2).map((each) => each.bytes)))).toBe(true)
          expect(joined(found, 'stderr').equals(Buffer.concat(list.filter(({ type }) => type === 2).map((each) => each.bytes)))).toBe(true)
          expect(found.filter(({ start }) => start)).toHaveLength(list.length)
          expect(found.every((frame) => frame.bytes.length <= MAX_PART)).toBe(true)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('that are no frames are ENGINE_PROTOCOL', () => {
    for (const bytes of ['hello, world', '\x01\x01\0\0\0\0\0\x01a', '\x03\0\0\0\0\0\0\x01a']) {
      expect(() => new FrameDecoder().push(Buffer.from(bytes, 'latin1'))).toThrow(expect.objectContaining({ code: 'ENGINE_PROTOCOL' }))
    }
  })

  it('that are cut off are ENGINE_UNAVAILABLE', async () => {
    for (const bytes of ['\x01\0\0', '\x01\0\0\0\0\0\0\x05abc']) {
      const reading = demultiplex(later([Buffer.from(bytes, 'latin1')]))
      await expect(reading.next()).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
    }
  })

  it('of four gigabytes hold no more than one part', () => {
    const decoder = new FrameDecoder()
    decoder.push(Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]))
    const before = process.memoryUsage().rss
    const chunk = Buffer.alloc(60_000)
    for (let turn = 0; turn < 10_000; turn++) decoder.push(chunk)
    expect(process.memoryUsage().rss - before).toBeLessThan(100_000_000)
  })

  it('are read only when they are asked for', async () => {
    let read = 0
    const source = (async function* () {
      for (;;) {
        read++
        yield encode([{ type: 1, bytes: Buffer.from('x') }])
      }
    })()
    const output = demultiplex(source)
    await output.next()
    await output.next()
    expect(read).toBe(2)
    await output.return(undefined)
  })
})
