import { describe, expect, it } from 'vitest'
import { pack } from 'tar-stream'
import { TAR_END, tarHeader, tarPadding } from '../../common/tar.js'
import { type PassingEntry, TarPassage, type Watch } from './tar-passage.js'

const entryOf = (name: string, content = '', more: object = {}) => {
  const head = tarHeader({
    name,
    type: 'file',
    size: content.length,
    mode: 0o644,
    uid: 0,
    gid: 0,
    modified: new Date(0),
    link: '',
    ...more,
  })
  return Buffer.concat([head, Buffer.from(content), tarPadding(content.length)])
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function passed(bytes: Buffer, size = 1_000, watch: Partial<Watch> = {}) {
  const seen: PassingEntry[] = []
  const passage = new TarPassage(inPieces(bytes, size), {
    entry: (entry) => {
      seen.push(entry)
      return watch.entry?.(entry)
    },
    ...(watch.content && { content: watch.content }),
  })
  const out: Buffer[] = []
  for await (const chunk of passage.chunks()) out.push(Buffer.from(chunk))
  return { out: Buffer.concat(out), seen, entries: passage.entries }
}

const refusal = (bytes: Buffer, size?: number) =>
  passed(bytes, size).then(
    () => undefined,
    (error: Error) => error.message,
  )

describe('a tar that passes', () => {
  const body = Buffer.concat([entryOf('a', 'x'.repeat(1_300)), entryOf('b/'.repeat(90) + 'c', 'y'), entryOf('empty')])
  const whole = Buffer.concat([body, TAR_END, Buffer.alloc(9_000)])

  it.each([1, 7, 511, 512, 513, 4_096, 100_000])('is the same in pieces of %i bytes, up to its end', async (size) => {
    const { out, seen } = await passed(whole, size)
    expect(out.equals(body)).toBe(true)
    expect(seen.map(({ name, size: bytes }) => [name.slice(-3), bytes])).toEqual([
      ['a', 1_300],
      ['b/c', 1],
      ['pty', 0],
    ])
  })

  it('needs no end mark', async () => {
    expect((await passed(body)).out.equals(body)).toBe(true)
  })

  it.each([1, 600, 100_000])('gives the content that is wanted, in pieces of %i bytes', async (size) => {
    const kept: Record<string, string> = {}
    const content = (entry: PassingEntry, bytes: Buffer): void => void (kept[entry.name] = bytes.toString())
    await passed(whole, size, { entry: ({ name }) => name === 'a' || name === 'empty', content })
    expect(kept).toEqual({ a: 'x'.repeat(1_300), empty: '' })
  })

  it('lets nothing of an entry through that is refused', async () => {
    const out: number[] = []
    const passage = new TarPassage(inPieces(Buffer.concat([entryOf('ok', 'x'), entryOf('bad', 'y')]), 100), {
      entry: ({ name }) => {
        if (name === 'bad') throw new Error('no')
      },
    })
    const read = async () => {
      for await (const chunk of passage.chunks()) out.push(chunk.length)
    }
    await expect(read()).rejects.toThrow('no')
    expect(out.reduce((sum, length) => sum + length, 0)).toBeLessThanOrEqual(1_024)
  })

  it('knows long names and links of pax and of GNU, prefixes, devices and hard links', async () => {
    const long = 'd/'.repeat(120) + 'name'
    const tar = pack()
    tar.entry({ name: long, type: 'file' }, 'x')
    tar.entry({ name: 'link', type: 'symlink', linkname: '../'.repeat(60) + 'x' })
    tar.entry({ name: 'hard', type: 'link', linkname: '/etc/x' })
    tar.entry({ name: 'dev', type: 'character-device' })
    tar.entry({ name: 'fifo', type: 'fifo' })
    tar.finalize()
    const chunks: Buffer[] = []
    for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk)
    const { seen } = await passed(Buffer.concat([gnuLong('g/'.repeat(100) + 'x'), ...chunks]), 333)
    expect(seen.map(({ name, type, link }) => [name, type, link])).toEqual([
      ['g/'.repeat(100) + 'x', 'file', ''],
      [long, 'file', ''],
      ['link', 'symlink', '../'.repeat(60) + 'x'],
      ['hard', 'link', '/etc/x'],
      ['dev', 'device', ''],
      ['fifo', 'other', ''],
    ])
  })
})

describe('what is no tar', () => {
  it.each([
    ['text', Buffer.from('hello')],
    ['random blocks', Buffer.alloc(2_048, 'x')],
    ['an entry without its end', entryOf('a', 'x'.repeat(2_000)).subarray(0, 1_500)],
    ['a head without its end', Buffer.concat([entryOf('a', 'x'), entryOf('b').subarray(0, 200)])],
    ['a sum that is wrong', flipped(entryOf('a', 'x'), 0)],
    ['a name for all entries', pax('path=../x', 'g')],
    ['a size for all entries', pax('size=5', 'g')],
    ['what is said of an entry that does not come', Buffer.concat([entryOf('a'), pax('path=x', 'x')])],
    ['the same before the end', Buffer.concat([entryOf('a'), pax('size=5', 'x'), TAR_END])],
    ['a long name without an entry', Buffer.concat([entryOf('a'), metaHead('L', 200), Buffer.alloc(512, 'x'), TAR_END])],
    ['sparse files', Buffer.concat([pax('GNU.sparse.major=1', 'x'), entryOf('a')])],
    ['attributes that do not add up', withSum(Buffer.concat([metaHead('x', 10), Buffer.from('99 path=x\n'), Buffer.alloc(502)]))],
    ['attributes of a gigabyte', metaHead('x', 1 << 30)],
  ])('is refused: %s', async (_, bytes) => {
    for (const size of [1, 512, 100_000]) expect(await refusal(bytes, size)).toMatch(/the archive is not taken: .*; nothing was made/)
  })
})

function metaHead(flag: string, size: number): Buffer {
  const head = tarHeader({ name: 'meta', type: 'file', size, mode: 0, uid: 0, gid: 0, modified: new Date(0), link: '' })
  head.write(flag, 156)
  return withSum(head)
}

function withSum(head: Buffer): Buffer {
  head.write('        ', 148)
  const sum = head.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return head
}

function pax(record: string, flag: string): Buffer {
  const text = `${record.length + 4} ${record}\n`
  return Buffer.concat([metaHead(flag, text.length), Buffer.from(text), tarPadding(text.length)])
}

function gnuLong(name: string): Buffer {
  return Buffer.concat([metaHead('L', name.length + 1), Buffer.from(`${name}\0`), tarPadding(name.length + 1), entryOf('short', 'x')])
}

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 1
  return bytes
}
