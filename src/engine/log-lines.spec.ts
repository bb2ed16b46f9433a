import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_LINE } from './line-joiner.js'
import type { LogLine } from './line-joiner.js'
import { readLogLines } from './log-lines.js'
import { readStamp } from './log-time.js'

const PIECE = 16_384
const stamp = (n: number, zone = 'Z') => `2026-11-23T22:46:46.${String(n).padStart(9, '0')}${zone} `

interface Written {
  readonly stderr: boolean
  readonly text: string
}

/** The engine's own splitting: pieces of 16 KiB with the first one's time. */
function pieces(lines: readonly Written[], drop = false): { stderr: boolean; bytes: Buffer }[] {
  return lines.flatMap(({ stderr, text }, n) => {
    const found = []
    for (let at = 0; at <= text.length; at += PIECE) {
      const last = at + PIECE > text.length
      // `local` leaves the line feed of a longer line out
      const feed = last && !(drop && at > 0) ? '\n' : ''
      found.push({ stderr, bytes: Buffer.from(stamp(n + 1) + text.slice(at, at + PIECE) + feed, 'latin1') })
    }
    return found
  })
}

function framed(list: readonly { stderr: boolean; bytes: Buffer }[]): Buffer {
  return Buffer.concat(
    list.flatMap(({ stderr, bytes }) => {
      const header = Buffer.from([stderr ? 2 : 1, 0, 0, 0, 0, 0, 0, 0])
      header.writeUInt32BE(bytes.length, 4)
      return [header, bytes]
    }),
  )
}

/** All of it through one buffer, as the engine's logs come: nothing of a chunk may be kept. */
async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.alloc(Math.max(...sizes))
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const chunk = bytes.subarray(at, at + (sizes[turn % sizes.length] ?? 1))
    buffer.set(chunk)
    yield buffer.subarray(0, chunk.length)
    buffer.fill(0xff)
    at += chunk.length
  }
}

async function read(bytes: Uint8Array, sizes: readonly number[], tty: boolean) {
  const found: (LogLine & { text: string })[] = []
  for await (const line of readLogLines(cut(bytes, sizes), { tty }))
    found.push({ ...line, text: Buffer.from(line.bytes).toString('latin1') })
  return found
}

const size = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.constantFrom(PIECE - 31, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 40_000))
const letters = fc.constantFrom('a', 'b ', 'Z', '2026-11-23T22:46:46.1 ', '\r')
const line = fc.record({
  stderr: fc.boolean(),
  text: fc.tuple(size, letters).map(([length, letter]) => letter.repeat(length).slice(0, length)),
})
const cuts = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 4 })

describe('log lines', () => {
  it('are the same however the bytes are cut, without a TTY', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 6 }), cuts, fc.boolean(), async (lines, sizes, drop) => {
        const found = await read(framed(pieces(lines, drop)), sizes, false)
        for (const stderr of [false, true]) {
          const ours = lines.filter((each) => each.stderr === stderr)
          const theirs = found.filter(({ stream }) => (stream === 'stderr') === stderr)
          expect(theirs.map(({ text }) => text)).toEqual(ours.map(({ text }) => text))
          expect(theirs.every(({ n }) => n === 1)).toBe(true)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('are the same however the bytes are cut, with a TTY', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 6 }), cuts, fc.boolean(), async (lines, sizes, drop) => {
        const bytes = Buffer.concat(pieces(lines, drop).map((piece) => piece.bytes))
        const found = await read(bytes, sizes, true)
        expect(found.map(({ text }) => text)).toEqual(lines.map(({ text }) => text))
      }),
      { numRuns: 150 },
    )
  })

  it('of more than a mebibyte come in parts that are always the same', async () => {
    const text = 'x'.repeat(2 * MAX_LINE + 5)
    for (const tty of [false, true]) {
      const all = pieces([{ stderr: false, text }])
      const found = await read(tty ? Buffer.concat(all.map(({ bytes }) => bytes)) : framed(all), [30_001], tty)
      expect(found.map(({ text: part, end, n }) => [part.length, end, n])).toEqual([
        [MAX_LINE, 'part', 1],
        [MAX_LINE, 'part', 2],
        [5, 'line', 3],
      ])
    }
  })

  it('count those of one time', async () => {
    const bytes = Buffer.from(`${stamp(5)}a\n${stamp(5)}b\n${stamp(6)}c\n`)
    expect((await read(bytes, [100], true)).map(({ time, n, text }) => [time % 1_000n, n, text])).toEqual([
      [5n, 1, 'a'],
      [5n, 2, 'b'],
      [6n, 1, 'c'],
    ])
  })

  it('that are still being written are told as cut', async () => {
    const found = await read(Buffer.from(`${stamp(1)}${'a'.repeat(PIECE)}`), [999], true)
    expect(found).toMatchObject([{ end: 'cut' }])
  })

  it('without a time are ENGINE_PROTOCOL', async () => {
    await expect(read(Buffer.from(`${'no time at all'.repeat(9)}\n`), [99], true)).rejects.toMatchObject({ code: 'ENGINE_PROTOCOL' })
    await expect(read(framed([{ stderr: false, bytes: Buffer.from('no\n') }]), [99], false)).rejects.toMatchObject({
      code: 'ENGINE_PROTOCOL',
    })
  })
})

describe('a time', () => {
  it.each([
    ['2026-11-23T22:46:46.123456789Z ', '2026-11-23T22:46:46.123Z', 456_789n],
    ['2026-11-23T22:46:46.000000001+01:00 ', '2026-11-23T21:46:46.000Z', 1n],
    ['1999-12-31T23:30:00.999999999-05:30 ', '2000-01-01T05:00:00.999Z', 999_999n],
  ])('%j is read to the nanosecond', (text, iso, rest) => {
    expect(readStamp(Buffer.from(text), 0)).toEqual({ time: BigInt(Date.parse(iso)) * 1_000_000n + rest, length: text.length })
  })

  it.each(['2026-11-23 22:46:46.123456789Z ', '2026-11-23T22:46:46.12345678xZ ', '2026', ''])('%j is none', (text) => {
    expect(readStamp(Buffer.from(text), 0)).toBeUndefined()
  })
})
