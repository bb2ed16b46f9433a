import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { Actor } from '../support/actor.js'
import { runContainer, scenario, type Scenario, withCmd, withName, withoutStart, withSpec } from '../support/scenario.js'
import { bytes, bytesFail, contentOf, tarWith } from './support/archive.js'
import { until } from './support/engine.js'
import type { Container, Page } from './support/types.js'

let s: Scenario
let ann: Actor
let vic: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('alpha')
  ann = await s.user('ann', { alpha: 'developer' })
  vic = await s.user('vic', { alpha: 'viewer' })
})
afterAll(() => s?.end())
afterEach(async () => {
  const all = await s.admin.ok<Page<Container>>('GET', '/containers?all=true')
  for (const { id } of all.items) await s.admin.http.delete(`/containers/${id}?force=true&volumes=true`)
})

const TAR = { 'content-type': 'application/x-tar' }
const at = (path: string, more = '') => `/containers/web/archive?path=${encodeURIComponent(path)}${more}`
const read = async (path: string) => (await bytes(ann, 'GET', at(path, '&as=file'))).bytes.toString('utf8')

describe('a file of a container', () => {
  it('goes up and down as itself, with its permissions and time', async () => {
    await runContainer(ann, withName('web'))
    const put = await bytes(ann, 'PUT', at('/etc/app.conf', '&as=file&mode=0640&owner=7:8&modified=2026-01-02T03:04:05Z'), 'listen 80\n')
    expect(JSON.parse(put.bytes.toString())).toEqual({ entries: 1, bytes: 10 })
    const got = await bytes(ann, 'GET', at('/etc/app.conf', '&as=file'))
    expect(got.bytes.toString()).toBe('listen 80\n')
    const head = {
      'content-type': 'application/octet-stream',
      'content-length': '10',
      'content-disposition': `attachment; filename="app.conf"; filename*=UTF-8''app.conf`,
      'berth-file-type': 'file',
      'berth-file-mode': '0640',
      'berth-file-modified': '2026-01-02T03:04:05.000Z',
    }
    expect(Object.fromEntries(got.headers)).toMatchObject(head)
    const info = await bytes(ann, 'HEAD', at('/etc/app.conf'))
    expect(Object.fromEntries(info.headers)).toMatchObject({
      'berth-file-name': 'app.conf',
      'berth-file-size': '10',
      'berth-file-mode': '0640',
    })
    const { items } = await ann.ok<{ items: { path: string; kind: string }[] }>('GET', '/containers/web/changes')
    expect(items).toContainEqual({ path: '/etc/app.conf', kind: 'added' })
  })

  it('may be of any bytes, empty, and of a name in any language', async () => {
    await runContainer(ann, withName('web'))
    const all = Buffer.from(Array.from({ length: 65_536 }, (_, at) => at % 256))
    await bytes(ann, 'PUT', at('/tmp/größe 好.bin', '&as=file'), all)
    const got = await bytes(ann, 'GET', at('/tmp/größe 好.bin', '&as=file'))
    expect(got.bytes.equals(all)).toBe(true)
    expect(got.headers.get('content-disposition')).toContain(`filename*=UTF-8''gr%C3%B6%C3%9Fe%20%E5%A5%BD.bin`)
    await bytes(ann, 'PUT', at('/tmp/empty', '&as=file'), '')
    expect(await read('/tmp/empty')).toBe('')
  })

  it('is found behind a symbolic link, and a folder is no file', async () => {
    await runContainer(
      ann,
      withName('web'),
      withCmd('sh', '-c', 'echo one > /tmp/one; ln -s /tmp/one /tmp/two; ln -s two /tmp/three; ln -s /nowhere /tmp/lost; sleep 300'),
    )
    await until('the links', async () => (await bytes(ann, 'HEAD', at('/tmp/lost'))).status === 200)
    expect(await read('/tmp/three')).toBe('one\n')
    const link = await bytes(ann, 'HEAD', at('/tmp/two'))
    expect(Object.fromEntries(link.headers)).toMatchObject({ 'berth-file-type': 'symlink', 'berth-file-target': '%2Ftmp%2Fone' })
    expect(await bytesFail(ann, 'GET', at('/tmp', '&as=file'))).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/query/as' }],
    })
    expect(await bytesFail(ann, 'GET', at('/nowhere', '&as=file'))).toMatchObject({
      code: 'file_not_found',
      detail: 'the container has no /nowhere',
    })
    expect((await bytes(ann, 'HEAD', at('/nowhere'))).headers.get('berth-error')).toBe('file_not_found')
  })

  it.each([
    ['relative', 'etc/passwd', '/query/path'],
    ['with a zero byte', '/etc\0/passwd', '/query/path'],
  ])('has no path that is %s', async (_, path, pointer) => {
    await runContainer(ann, withName('web'), withoutStart())
    expect(await bytesFail(ann, 'GET', at(path))).toMatchObject({ code: 'invalid_request', errors: [{ pointer }] })
  })

  it('is nothing that a viewer may see', async () => {
    await runContainer(ann, withName('web'), withoutStart())
    for (const path of ['/containers/web/changes', '/containers/web/export', at('/etc/passwd')])
      expect(await bytesFail(vic, 'GET', path)).toMatchObject({
        code: 'permission_denied',
        detail: expect.stringContaining('containers.files'),
      })
  })

  it.each([
    ['through a file', '/etc/passwd/x'],
    ['to a file as a folder', '/etc/passwd/'],
    ['round in a circle', '/tmp/loop/x'],
    ['to a name that is too long', `/tmp/${'a'.repeat(300)}`],
  ])('is not at a path that leads %s', async (_, path) => {
    await runContainer(ann, withName('web'), withCmd('sh', '-c', 'ln -s loop /tmp/loop; touch /tmp/made; sleep 300'))
    await until('the link', async () => (await bytes(ann, 'HEAD', at('/tmp/made'))).status === 200)
    expect((await bytes(ann, 'HEAD', at(path))).headers.get('berth-error')).toBe('file_not_found')
    expect(await bytesFail(ann, 'GET', at(path, '&as=file'))).toMatchObject({ code: 'file_not_found' })
    for (const [method, more] of [
      ['GET', ''],
      ['PUT', '&as=file'],
    ] as const) {
      const { status } = await bytes(ann, method, at(path, more), method === 'PUT' ? 'x' : undefined)
      expect([400, 404, 409]).toContain(status)
    }
  })

  it('is not replaced where something is mounted', async () => {
    await runContainer(ann, withName('web'))
    expect(await bytesFail(ann, 'PUT', at('/etc/hostname', '&as=file'), 'x')).toMatchObject({
      code: 'conflict',
      detail: 'conflict: something is mounted there',
    })
  })

  it('stays within the container, however its path is written', async () => {
    await runContainer(
      ann,
      withName('web'),
      withCmd('sh', '-c', 'ln -s ../../../../../../.. /tmp/up; ln -s /proc/1/root /tmp/root; sleep 300'),
    )
    await until('the links', async () => (await bytes(ann, 'HEAD', at('/tmp/root'))).status === 200)
    const own = await read('/etc/passwd')
    expect(await read('/../../../../etc/passwd')).toBe(own)
    expect(await read('/tmp/up/etc/passwd')).toBe(own)
    // the host has one
    expect(await bytesFail(ann, 'GET', at('/tmp/up/etc/debian_version', '&as=file'))).toMatchObject({ code: 'file_not_found' })
    expect(await bytesFail(ann, 'GET', at('/tmp/root/etc/debian_version', '&as=file'))).toMatchObject({ code: 'file_not_found' })
  })
})

describe('a folder of a container', () => {
  it('goes up and down as a tar, running or not', async () => {
    await runContainer(ann, withName('web'), withoutStart())
    const tar = await tarWith(
      { name: './', type: 'directory', mode: 0o755 },
      { name: './site/', type: 'directory', mode: 0o755 },
      { name: './site/index.html', content: '<h1>hello</h1>' },
      { name: './site/home.html', type: 'symlink', linkname: 'index.html' },
      { name: './site/copy.html', type: 'link', linkname: './site/index.html' },
      { name: `./site/${'long/'.repeat(40)}größe.txt`, content: 'deep' },
    )
    const put = await bytes(ann, 'PUT', at('/srv'), tar, TAR)
    expect(put.status).toBe(404)
    await bytes(ann, 'PUT', at('/'), await tarWith({ name: 'srv', type: 'directory' }), TAR)
    const written = await bytes(ann, 'PUT', at('/srv'), tar, TAR)
    expect(JSON.parse(written.bytes.toString())).toEqual({ entries: 6, bytes: 18 })
    const got = await bytes(ann, 'GET', at('/srv/site'))
    expect(Object.fromEntries(got.headers)).toMatchObject({ 'content-type': 'application/x-tar', 'berth-file-type': 'directory' })
    const found = await contentOf(got.bytes)
    expect(found).toMatchObject({
      'site/home.html': 'symlink index.html',
      [`site/${'long/'.repeat(40)}größe.txt`]: 'deep',
    })
    await ann.ok('POST', '/containers/web/start')
    expect((await bytes(ann, 'GET', at('/srv/site/copy.html', '&as=file'))).bytes.toString()).toBe('<h1>hello</h1>')
  })

  it.each<[string, Parameters<typeof tarWith>[0], string]>([
    ['a name that leads out', { name: 'a/../../evil', content: 'x' }, 'a name leads out of the folder'],
    ['an absolute name', { name: '/evil', content: 'x' }, 'a name is absolute'],
    ['a symbolic link out', { name: 'evil', type: 'symlink', linkname: '../../etc' }, 'a link leads out of the folder'],
    ['an absolute symbolic link', { name: 'evil', type: 'symlink', linkname: '/etc' }, 'a link leads out of the folder'],
    ['a hard link out', { name: 'evil', type: 'link', linkname: '../etc/shadow' }, 'a link leads out of the folder'],
    ['a device', { name: 'evil', type: 'block-device', devmajor: 8, devminor: 0 }, 'neither file, folder nor link'],
    ['a pipe', { name: 'evil', type: 'fifo' }, 'neither file, folder nor link'],
  ])('takes no tar with %s, and says what was written before', async (_, entry, reason) => {
    await runContainer(ann, withName('web'), withoutStart())
    const tar = await tarWith({ name: 'good', content: 'good' }, entry, { name: 'after', content: 'after' })
    const problem = await bytesFail(ann, 'PUT', at('/tmp'), tar, TAR)
    expect(problem).toMatchObject({
      code: 'archive_refused',
      status: 400,
      errors: [{ pointer: '/entries/1', detail: JSON.stringify(entry.name) }],
    })
    expect(problem.detail).toContain(reason)
    expect(problem.detail).toContain('1 entries were written')
    expect(await read('/tmp/good')).toBe('good')
    const { items } = await ann.ok<{ items: { path: string }[] }>('GET', '/containers/web/changes')
    expect(items.map(({ path }) => path).sort()).toEqual(['/tmp', '/tmp/good'])
  })

  it.each<[string, Buffer]>([
    ['no tar', Buffer.from('not a tar at all '.repeat(100))],
    ['compressed', Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0]), Buffer.alloc(2_000, 7)])],
    ['empty', Buffer.alloc(0)],
  ])('takes no body that is %s', async (_, body) => {
    await runContainer(ann, withName('web'), withoutStart())
    const problem = await bytesFail(ann, 'PUT', at('/tmp'), body, TAR)
    expect(problem).toMatchObject({ code: 'archive_refused', detail: expect.stringContaining('nothing was written') })
    expect(await ann.ok('GET', '/containers/web/changes')).toEqual({ items: [] })
  })

  it('is not replaced by a file where that is not wanted', async () => {
    await runContainer(ann, withName('web'), withoutStart())
    const tar = await tarWith({ name: 'etc', content: 'a file' })
    expect(await bytesFail(ann, 'PUT', at('/', '&noOverwriteDirNonDir=true'), tar, TAR)).toMatchObject({ code: 'conflict' })
    expect(await bytesFail(ann, 'PUT', at('/etc', '&as=file'), 'a file')).toMatchObject({ code: 'conflict' })
    expect(await read('/etc/passwd')).toContain('root')
  })

  it('is not written to where it is mounted read-only, from above neither', async () => {
    await ann.ok('POST', '/volumes', { name: 'facts' })
    await runContainer(ann, withName('web'), withSpec({ mounts: [{ type: 'volume', source: 'facts', target: '/facts', readOnly: true }] }))
    expect(await bytesFail(ann, 'PUT', at('/facts/new', '&as=file'), 'x')).toMatchObject({
      code: 'conflict',
      detail: expect.stringContaining('read-only'),
    })
    const tar = await tarWith({ name: 'facts/new', content: 'x' })
    expect(await bytesFail(ann, 'PUT', at('/'), tar, TAR)).toMatchObject({ code: 'conflict' })
    expect(await bytesFail(ann, 'GET', at('/facts/new', '&as=file'))).toMatchObject({ code: 'file_not_found' })
  })

  it('takes the types of a tar or none, and no length is a wrong length', async () => {
    await runContainer(ann, withName('web'), withoutStart())
    const stream = new Blob(['streamed']).stream()
    expect(await bytesFail(ann, 'PUT', at('/tmp/x', '&as=file'), stream)).toMatchObject({ code: 'length_required', status: 411 })
    expect(await bytesFail(ann, 'PUT', at('/tmp'), Buffer.alloc(4), { 'content-encoding': 'gzip' })).toMatchObject({
      code: 'unsupported_media_type',
    })
    expect(await bytesFail(ann, 'PUT', at('/tmp', '&mode=0644'), Buffer.alloc(4))).toMatchObject({ errors: [{ pointer: '/query/mode' }] })
    const client = ann.rest
    await bytes(ann, 'PUT', at('/tmp/facts.json', '&as=file'), '{"a": 1, "a": 2}', { 'content-type': 'application/json' })
    expect(await read('/tmp/facts.json')).toBe('{"a": 1, "a": 2}')
    await client.call('PutContainerArchive', {
      path: { ref: 'web' },
      query: { path: '/tmp/x', as: 'file' },
      body: Buffer.from('by the client'),
    })
    expect(await read('/tmp/x')).toBe('by the client')
  })
})

describe('an export', () => {
  it('is the whole file system', async () => {
    await runContainer(ann, withName('web'), withoutStart())
    await bytes(ann, 'PUT', at('/root-file', '&as=file'), 'here')
    const got = await bytes(ann, 'GET', '/containers/web/export')
    expect(Object.fromEntries(got.headers)).toMatchObject({
      'content-type': 'application/x-tar',
      'content-disposition': expect.stringContaining('filename="web.tar"'),
    })
    expect(await contentOf(got.bytes)).toMatchObject({ 'root-file': 'here', 'etc/passwd': expect.stringContaining('root') })
  })
})
