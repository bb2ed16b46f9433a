import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { readTar, TAR_END, tarHeader, tarPadding, type TarType } from '../../common/tar.js'
import { type ArchivedImage, LoadArchive } from './load-archive.js'

interface Entry {
  readonly name: string
  readonly content?: string | Buffer
  readonly type?: TarType
  readonly link?: string
}

const sha = (bytes: string | Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`
const layer = Buffer.from('the bytes of a layer')
const config = JSON.stringify({ rootfs: { type: 'layers', diff_ids: [sha(layer)] } })
const manifest = (fields: object = {}) => JSON.stringify([{ Config: 'c.json', RepoTags: ['app:1'], Layers: ['l/layer.tar'], ...fields }])
const GOOD: readonly Entry[] = [
  { name: 'l/', type: 'directory' },
  { name: 'l/layer.tar', content: layer },
  { name: 'c.json', content: config },
  { name: 'manifest.json', content: manifest() },
]
const without = (name: string) => GOOD.filter((entry) => entry.name !== name)

function tarOf(entries: readonly Entry[], end = TAR_END): Buffer {
  const parts = entries.map(({ name, content = '', type = 'file', link = '' }) => {
    const bytes = Buffer.from(content)
    return Buffer.concat([
      tarHeader({ name, type, size: bytes.length, mode: 0o644, uid: 5, gid: 5, modified: new Date(0), link }),
      bytes,
      tarPadding(bytes.length),
    ])
  })
  return Buffer.concat([...parts, end])
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700)
}

async function load(entries: readonly Entry[] | Buffer, limit = 1 << 20) {
  let images: readonly ArchivedImage[] = []
  const bytes = Buffer.isBuffer(entries) ? entries : tarOf(entries)
  const archive = new LoadArchive(once(bytes), {
    limit,
    tagsFor: (found) => {
      images = found
      return found.map((_, at) => [`berth.invalid/x:${at}`])
    },
  })
  const chunks: Buffer[] = []
  for await (const chunk of archive.chunks()) chunks.push(Buffer.from(chunk))
  const out: Record<string, string> = {}
  for await (const { entry, data } of readTar(once(Buffer.concat(chunks)))) {
    const parts: Uint8Array[] = []
    for await (const part of data) parts.push(part)
    out[entry.name] = entry.type === 'symlink' ? `-> ${entry.link}` : Buffer.concat(parts).toString('latin1')
  }
  return { images, out }
}

const refusal = (entries: readonly Entry[] | Buffer, limit?: number) =>
  load(entries, limit).then(
    () => undefined,
    (error: Error) => error.message,
  )

describe('an archive of docker save', () => {
  it('goes on with nothing but our names', async () => {
    const { images, out } = await load([
      ...GOOD,
      { name: 'repositories', content: '{"app":{"1":"x"}}' },
      { name: 'index.json', content: '{}' },
    ])
    expect(images).toEqual([{ id: sha(config), names: ['app:1'], diffIds: [sha(layer)] }])
    expect(JSON.parse(out['manifest.json']!)).toEqual([{ Config: 'c.json', RepoTags: ['berth.invalid/x:0'], Layers: ['l/layer.tar'] }])
    expect(Object.keys(out)).toEqual(['l', 'l/layer.tar', 'c.json', 'manifest.json'])
    expect(out['l/layer.tar']).toBe(layer.toString())
  })

  it('may have its list first, and names in other spellings', async () => {
    const entries = [{ name: './manifest.json', content: manifest({ Layers: ['./l//layer.tar'] }) }, ...without('manifest.json')]
    expect((await load(entries)).images).toHaveLength(1)
  })

  it.each([
    ['gzip', gzipSync(layer)],
    ['zstd', zstdCompressSync(layer)],
  ])('may have layers compressed by %s', async (_, bytes) => {
    expect((await load([{ name: 'l/layer.tar', content: bytes }, ...without('l/layer.tar')])).images).toHaveLength(1)
  })

  it('may link to a layer that it has once', async () => {
    const entries = [
      { name: 'a/layer.tar', content: layer },
      { name: 'l/layer.tar', type: 'symlink', link: '../a/layer.tar' } as const,
      ...without('l/layer.tar'),
    ]
    expect((await load(entries)).out['l/layer.tar']).toBe('-> ../a/layer.tar')
  })

  it.each([
    ['a layer that is named, but not there', without('l/layer.tar'), /a layer is not in it/],
    [
      'an empty file for a layer that the engine has',
      [{ name: 'l/layer.tar' }, ...without('l/layer.tar')],
      /a layer is not what the image says/,
    ],
    [
      'other bytes than the image says',
      [{ name: 'l/layer.tar', content: 'other' }, ...without('l/layer.tar')],
      /a layer is not what the image says/,
    ],
    [
      'a second file of the name',
      [...without('manifest.json'), { name: 'l/layer.tar', content: 'other' }, GOOD[3]!],
      /a layer is not what the image says/,
    ],
    [
      'fewer layers than the image says',
      [...without('manifest.json'), { name: 'manifest.json', content: manifest({ Layers: [] }) }],
      /a layer is not what/,
    ],
    ['no configuration', without('c.json'), /the configuration of an image is not in it/],
    ...[
      `{"RootFS":{"diff_ids":["${sha('x')}"]},`,
      `{"rootf\u017f":{},`,
      `{"rootfs":{"diff_ids":["${sha(layer)}"],"Diff_IDs":[]},"a":{},`,
    ].map((begin) => {
      const content = begin.startsWith('{"rootfs"') ? `${begin.slice(0, -1)}}` : begin + config.slice(1)
      return [
        `a second spelling of a key: ${begin}`,
        [...without('c.json'), { name: 'c.json', content }],
        /names its layers twice/,
      ] as const
    }),
    ['a configuration that is none', [{ name: 'c.json', content: '[]' }, ...without('c.json')], /configuration is not understood/],
    ['no list', without('manifest.json'), /no manifest\.json/],
    ['a list that is none', [...without('manifest.json'), { name: 'manifest.json', content: '{}' }], /lists no images/],
    ['a list that is broken', [...without('manifest.json'), { name: 'manifest.json', content: '[{' }], /no json/],
    [
      'names that are none',
      [...without('manifest.json'), { name: 'manifest.json', content: manifest({ RepoTags: [5] }) }],
      /not understood/,
    ],
    ['a name that leads out', [{ name: '../x', content: 'x' }, ...GOOD], /leads out of the folder/],
    ['a name that leads out on its way', [{ name: 'a/../../x', content: 'x' }, ...GOOD], /leads out of the folder/],
    ['an absolute name', [{ name: '/etc/x', content: 'x' }, ...GOOD], /leads out of the folder/],
    ['a link that leads out', [{ name: 'x', type: 'symlink', link: '../../etc/passwd' }, ...GOOD], /a link leads out/],
    ['an absolute link', [{ name: 'x', type: 'symlink', link: '/etc/passwd' }, ...GOOD], /a link leads out/],
    ['a hard link', [{ name: 'x', type: 'link', link: 'c.json' }, ...GOOD], /neither file nor folder/],
  ] as const)('is refused with %s', async (_, entries, expected) => {
    expect(await refusal(entries as readonly Entry[])).toMatch(expected)
  })

  it.each([
    ['what is no tar', Buffer.from('hello'.repeat(300)), /it is no tar/],
    ['nothing', Buffer.alloc(0), /no manifest/],
    ['half a tar', tarOf(GOOD).subarray(0, 1_300), /damaged, or ends too early/],
  ])('is refused when it is %s', async (_, bytes, expected) => {
    expect(await refusal(bytes)).toMatch(expected)
  })

  it('is refused when a compressed layer is larger than it may be', async () => {
    expect(await refusal([{ name: 'l/layer.tar', content: gzipSync(Buffer.alloc(200_000)) }, ...without('l/layer.tar')], 100_000)).toMatch(
      /larger than 100000/,
    )
  })

  it('never ends the tar that it refuses: the engine must not take what it has by then', async () => {
    const archive = new LoadArchive(once(tarOf(without('manifest.json'))), { limit: 1 << 20, tagsFor: () => [] })
    const chunks: Buffer[] = []
    const read = async () => {
      for await (const chunk of archive.chunks()) chunks.push(Buffer.from(chunk))
    }
    await expect(read()).rejects.toThrow()
    expect(Buffer.concat(chunks).subarray(-1_024).equals(TAR_END)).toBe(false)
  })
})
