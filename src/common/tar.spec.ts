import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pack, type Header } from 'tar-stream'
import { afterAll, describe, expect, it } from 'vitest'
import { readTar, TAR_END, type TarEntry, tarHeader, tarPadding } from './tar.js'

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function allOf(bytes: Uint8Array, size = 65_536): Promise<(Omit<TarEntry, 'modified'> & { content: string })[]> {
  const found = []
  for await (const { entry, data } of readTar(inPieces(bytes, size))) {
    const chunks: Uint8Array[] = []
    for await (const chunk of data) chunks.push(Uint8Array.from(chunk))
    const { modified: _, ...rest } = entry
    found.push({ ...rest, content: Buffer.concat(chunks).toString() })
  }
  return found
}

/** By somebody else's writer. */
async function packed(...entries: (Partial<Header> & { name: string; content?: string })[]): Promise<Buffer> {
  const tar = pack()
  for (const { content, ...header } of entries) tar.entry(header, content ?? '')
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

const entry = (more: Partial<TarEntry>): TarEntry => ({
  name: 'x',
  type: 'file',
  size: 0,
  mode: 0o644,
  uid: 0,
  gid: 0,
  modified: new Date('2026-01-02T03:04:05Z'),
  link: '',
  ...more,
})

/** By our own writer. */
function written(more: Partial<TarEntry>, content = ''): Buffer {
  const size = Buffer.byteLength(content)
  return Buffer.concat([tarHeader(entry({ size, ...more })), Buffer.from(content), tarPadding(size), TAR_END])
}

const folder = mkdtempSync(join(tmpdir(), 'berth-tar-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('reading a tar', () => {
  const LONG = `${'folder/'.repeat(30)}größe.txt`

  it.each([1, 7, 512, 513, 65_536])('does not depend on how it comes: %d bytes at a time', async (size) => {
    const tar = await packed(
      { name: 'a/', type: 'directory', mode: 0o755 },
      { name: 'a/one', content: 'one', mode: 0o600, uid: 1000, gid: 100 },
      { name: 'a/empty' },
      { name: LONG, content: 'x'.repeat(1_500) },
      { name: 'a/two', type: 'symlink', linkname: LONG },
      { name: 'a/three', type: 'link', linkname: 'a/one' },
    )
    expect(await allOf(tar, size)).toEqual([
      { name: 'a/', type: 'directory', size: 0, mode: 0o755, uid: 0, gid: 0, link: '', content: '' },
      { name: 'a/one', type: 'file', size: 3, mode: 0o600, uid: 1000, gid: 100, link: '', content: 'one' },
      { name: 'a/empty', type: 'file', size: 0, mode: 0o644, uid: 0, gid: 0, link: '', content: '' },
      { name: LONG, type: 'file', size: 1_500, mode: 0o644, uid: 0, gid: 0, link: '', content: 'x'.repeat(1_500) },
      expect.objectContaining({ name: 'a/two', type: 'symlink', link: LONG, content: '' }),
      expect.objectContaining({ name: 'a/three', type: 'link', link: 'a/one', content: '' }),
    ])
  })

  it.each(['gnu', 'pax', 'ustar'])("understands the system's own tar: %s", async (format) => {
    const root = join(folder, format)
    mkdirSync(join(root, 'd'.repeat(90)), { recursive: true })
    writeFileSync(join(root, 'd'.repeat(90), 'file'), 'content')
    linkSync(join(root, 'd'.repeat(90), 'file'), join(root, 'hard'))
    symlinkSync('hard', join(root, 'soft'))
    const { stdout, status } = spawnSync('tar', ['-C', root, '--sort=name', `--format=${format}`, '-cf', '-', '.'])
    expect(status).toBe(0)
    const names = (await allOf(stdout)).map(({ name, type, link, content }) => [name, type, link, content])
    expect(names).toEqual([
      ['./', 'directory', '', ''],
      [`./${'d'.repeat(90)}/`, 'directory', '', ''],
      [`./${'d'.repeat(90)}/file`, 'file', '', 'content'],
      ['./hard', 'link', `./${'d'.repeat(90)}/file`, ''],
      ['./soft', 'symlink', 'hard', ''],
    ])
  })

  it('skips what is not read', async () => {
    const tar = await packed({ name: 'one', content: 'x'.repeat(10_000) }, { name: 'two', content: 'two' })
    const names: string[] = []
    for await (const {
      entry: { name },
    } of readTar(inPieces(tar, 700)))
      names.push(name)
    expect(names).toEqual(['one', 'two'])
  })

  it('reads away the padding after the end', async () => {
    let rest = 0
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield written({ name: 'one' })
      for (; rest < 3; rest++) yield Buffer.alloc(1_000)
    }
    for await (const _ of readTar(chunks())) void _
    expect(rest).toBe(3)
  })

  it('refuses what comes after the end', async () => {
    const reading = async () => {
      for await (const _ of readTar(inPieces(Buffer.concat([written({ name: 'one' }), Buffer.alloc(700), Buffer.from('x')]), 512))) void _
    }
    await expect(reading()).rejects.toThrow('after the end')
  })

  it('returns its source when it is left', async () => {
    let returned = false
    async function* chunks(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield written({ name: 'one' })
      } finally {
        returned = true
      }
    }
    for await (const _ of readTar(chunks())) break
    expect(returned).toBe(true)
  })

  it('calls a sparse file what it is not', async () => {
    const record = '22 GNU.sparse.major=1\n'
    const pax = tarHeader(entry({ name: 'PaxHeader', size: record.length }))
    pax.write('x', 156)
    const sum = pax.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0)
    pax.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    const tar = Buffer.concat([pax, Buffer.from(record), tarPadding(record.length), written({ name: 'holes' }, 'map')])
    expect(await allOf(tar)).toEqual([expect.objectContaining({ name: 'holes', type: 'other' })])
  })

  it.each<[string, Buffer]>([
    ['text', Buffer.from('hello '.repeat(200))],
    ['gzip', Buffer.concat([Buffer.from([0x1f, 0x8b, 8]), Buffer.alloc(1_000, 9)])],
    ['half a head', written({ name: 'one' }).subarray(0, 300)],
    ['half a file', written({ name: 'one' }, 'x'.repeat(2_000)).subarray(0, 1_500)],
    ['a head that was changed', Buffer.from(written({ name: 'one' }).map((byte, at) => (at === 1 ? byte + 1 : byte)))],
    [
      'a pax head of gigabytes',
      (() => {
        const head = tarHeader(entry({ size: 4_000_000_000 }))
        head.write('x', 156)
        const sum = head.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0)
        head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
        return head
      })(),
    ],
  ])('is refused for %s', async (_, bytes) => {
    await expect(allOf(bytes)).rejects.toThrow()
  })
})

describe('writing a tar', () => {
  it.each<[string, Partial<TarEntry>]>([
    ['an ordinary file', { name: 'etc/app.conf' }],
    ['a name of 100 characters', { name: 'n'.repeat(100) }],
    ['a name of 101 characters', { name: 'n'.repeat(101) }],
    ['a name of 4,000 characters', { name: `${'n/'.repeat(2_000)}n` }],
    ['a name in any language', { name: 'größe/好' }],
    ['a name with a line feed', { name: 'a\nb' }],
    ['a long link', { type: 'symlink', link: 'l'.repeat(300) }],
    ['a high owner', { uid: 4_000_000, gid: 3_000_000_000 }],
    ['setuid', { mode: 0o4755 }],
    ['10 GB', { size: 10_000_000_000 }],
  ])('is read as it was: %s', async (_, more) => {
    const wanted = entry(more)
    const head = tarHeader(wanted)
    for await (const { entry: read } of readTar(inPieces(head, 4_096))) {
      expect(read).toEqual(wanted)
      return
    }
    expect.unreachable()
  })

  it("is read by the system's own tar", () => {
    const tar = Buffer.concat([
      written({ name: `${'deep/'.repeat(50)}größe` }, 'content').subarray(0, -TAR_END.length),
      written({ name: 'b/', type: 'directory', mode: 0o755 }),
    ])
    const { stdout, status } = spawnSync('tar', ['-tf', '-', '--quoting-style=literal'], {
      input: tar,
      env: { LC_ALL: 'C.UTF-8', PATH: process.env['PATH'] },
    })
    expect([status, stdout.toString().trim().split('\n')]).toEqual([0, [`${'deep/'.repeat(50)}größe`, 'b/']])
  })
})
