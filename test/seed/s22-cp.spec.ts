/**
 * S22. The course: `docker cp u1:/etc/hostname .` and `docker cp file u1:/tmp`: files and folders, both ways, running or not; as tar
 * streams, and one file as itself.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bytes, bytesFail, contentOf, tarWith } from '../containers/support/archive.js'
import { runContainer, scenario, type Actor, type Scenario, withName, withSpec } from '../support/scenario.js'

let s: Scenario
let ann: Actor
let vic: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
  vic = await s.user('vic', { course: 'viewer' })
  await runContainer(ann, withName('u1'), withSpec({ mounts: [{ type: 'volume', source: 'data', target: '/data' }] }))
})
afterAll(() => s?.end())

const at = (path: string, more = '') => `/containers/u1/archive?path=${encodeURIComponent(path)}${more}`
const shell = async (line: string) =>
  (await ann.ok<{ stdout: string }>('POST', '/containers/u1/exec', { command: ['sh', '-c', line] })).stdout.trim()

describe('s22: files go in and out of a container', () => {
  it('docker cp index.html u1:/srv/index.html, and back', async () => {
    await shell('mkdir /srv')
    await bytes(ann, 'PUT', at('/srv/index.html', '&as=file&mode=0600'), '<h1>hello</h1>')
    expect(await shell('cat /srv/index.html; stat -c %a,%u,%g /srv/index.html')).toBe('<h1>hello</h1>600,0,0')
    await shell('echo "<h1>changed</h1>" > /srv/index.html')
    const got = await bytes(ann, 'GET', at('/srv/index.html', '&as=file'))
    expect(got.bytes.toString()).toBe('<h1>changed</h1>\n')
    expect(got.headers.get('content-disposition')).toContain('index.html')
    expect(got.headers.get('content-length')).toBe('17')
  })

  it('docker cp site u1:/srv: a folder, as a tar', async () => {
    const tar = await tarWith(
      { name: 'site/', type: 'directory', mode: 0o755 },
      { name: 'site/a.html', content: 'a' },
      { name: 'site/b.html', type: 'symlink', linkname: 'a.html' },
    )
    const put = await bytes(ann, 'PUT', at('/srv'), tar, { 'content-type': 'application/x-tar' })
    expect(JSON.parse(put.bytes.toString())).toEqual({ entries: 3, bytes: 1 })
    expect(await shell('ls /srv/site; cat /srv/site/b.html')).toBe('a.html\nb.html\na')
    expect(await contentOf((await bytes(ann, 'GET', at('/srv/site'))).bytes)).toEqual({
      'site/': 'directory',
      'site/a.html': 'a',
      'site/b.html': 'symlink a.html',
    })
  })

  it('into a volume, and while it is stopped', async () => {
    await bytes(ann, 'PUT', at('/data/note', '&as=file&owner=1000:1000'), 'kept')
    expect(await shell('cat /data/note; stat -c %u:%g /data/note')).toBe('kept1000:1000')
    await ann.ok('POST', '/containers/u1/stop?timeout=0')
    expect((await bytes(ann, 'GET', at('/data/note', '&as=file'))).bytes.toString()).toBe('kept')
    await bytes(ann, 'PUT', at('/data/note', '&as=file'), 'changed while it was stopped')
    await ann.ok('POST', '/containers/u1/start')
    expect(await shell('cat /data/note')).toBe('changed while it was stopped')
  })

  it('what is there is told without its bytes', async () => {
    const { status, headers } = await bytes(ann, 'HEAD', at('/etc'))
    expect([status, headers.get('berth-file-type'), headers.get('berth-file-mode')]).toEqual([200, 'directory', '0755'])
    expect((await bytes(ann, 'HEAD', at('/no/such'))).status).toBe(404)
  })

  it('nothing gets out of the container by it', async () => {
    await shell('ln -s / /tmp/root; ln -s ../../../../../../etc /tmp/up')
    expect((await bytes(ann, 'GET', at('/tmp/root/etc/passwd', '&as=file'))).bytes.toString()).toBe(`${await shell('cat /etc/passwd')}\n`)
    const evil = await tarWith({ name: 'ok', content: 'ok' }, { name: '../../../../etc/evil', content: 'evil' })
    const problem = await bytesFail(ann, 'PUT', at('/tmp'), evil)
    expect(problem).toMatchObject({ code: 'archive_refused', detail: expect.stringContaining('1 entries were written') })
    expect(await shell('cat /tmp/ok; ls /etc/evil 2>/dev/null')).toBe('ok')
  })

  it('who only looks does not get at files', async () => {
    expect(await bytesFail(vic, 'GET', at('/etc/passwd'))).toMatchObject({ code: 'permission_denied' })
    expect(await bytesFail(vic, 'PUT', at('/tmp/x', '&as=file'), 'x')).toMatchObject({ code: 'permission_denied' })
  })
})
