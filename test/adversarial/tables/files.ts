import { gzipSync } from 'node:zlib'
import { pack, type Header } from 'tar-stream'
import { bed } from '../../support/bed.js'
import { engineJson } from '../../support/engine-http.js'
import { tarOf } from '../../../scripts/tar.js'
import { type Attack, rest, type Table } from '../support/attack.js'

/** Name and what is special about it. */
type Entry = Partial<Header> & { readonly name: string }

const TAR = { 'content-type': 'application/x-tar' }

/** A tar into /tmp of alpha's container. */
const put = (body: () => Promise<Buffer> | Buffer, query = 'path=/tmp', headers: Record<string, string> = TAR): Attack['send'] => {
  return async (field, as) => rest('PUT', `/containers/web/archive?${query}`, { body: await body(), headers })(field, as)
}
const entries =
  (...all: readonly Entry[]) =>
  (): Promise<Buffer> =>
    tar(all)
const read = (path: string, more = ''): Attack['send'] => rest('GET', `/containers/web/archive?path=${path}${more}`)

/** Entries that would leave the folder, or make more than files. */
const ENTRIES: readonly [what: string, entry: Entry][] = [
  ['an absolute name', { name: '/etc/passwd' }],
  ['a name that leads out', { name: '../../etc/passwd' }],
  ['a name that leads out by a detour', { name: 'a/../../etc/passwd' }],
  ['a link that leads out', { name: 'link', type: 'symlink', linkname: '../../../etc' }],
  ['a link to an absolute path', { name: 'link', type: 'symlink', linkname: '/etc' }],
  ['a hard link that leads out', { name: 'link', type: 'link', linkname: '../etc/shadow' }],
  ['a device', { name: 'sda', type: 'block-device', devmajor: 8, devminor: 0 }],
  ['a terminal', { name: 'tty', type: 'character-device', devmajor: 5, devminor: 0 }],
  ['a fifo', { name: 'fifo', type: 'fifo' }],
  ['no name', { name: '' }],
]

export const FILES: Table = {
  title: 'files of containers',
  rows: [
    ...ENTRIES.map(([what, entry]): Attack => ({
      name: `a tar with ${what}`,
      send: put(entries(entry)),
      answers: 'archive_refused',
      leaves: 'tried',
      changes: true,
      proof: (_, { body }) => {
        if (!JSON.stringify(body).includes('nothing was written')) throw new Error(JSON.stringify(body))
      },
    })),
    {
      name: 'CVE-2026-41567: a compressed archive, unpacked by what the container itself brings (docker cp)',
      send: put(() => gzipSync(tarOf({ x: 'x' }))),
      answers: 'archive_refused',
      leaves: 'tried',
      changes: true,
    },
    {
      name: 'CVE-2026-41567: an archive in xz, which the engine would hand to a program',
      send: put(() => Buffer.concat([Buffer.from('fd377a585a00', 'hex'), Buffer.alloc(1_024)])),
      answers: 'archive_refused',
      leaves: 'tried',
      changes: true,
    },
    {
      name: 'a compressed archive behind a plain one',
      send: put(async () => Buffer.concat([await tar([{ name: 'a' }]), gzipSync(tarOf({ x: 'x' }))])),
      answers: 'archive_refused',
      leaves: 'tried',
      changes: true,
    },
    {
      name: 'an archive that says it is coded',
      send: put(() => tarOf({ x: 'x' }), 'path=/tmp', { ...TAR, 'content-encoding': 'gzip' }),
      answers: 'unsupported_media_type',
      leaves: 'none',
      changes: true,
    },
    {
      name: 'a tar that ends within an entry',
      send: put(async () => (await tar([{ name: 'a', size: 4_096 }], 4_096)).subarray(0, 1_000)),
      answers: 'archive_refused',
      leaves: 'tried',
      changes: true,
    },
    {
      name: 'a tar into a folder of the kernel',
      send: put(() => tarOf({ x: 'x' }), 'path=/proc/sys/kernel'),
      answers: 'file_not_found',
      leaves: 'tried',
      changes: true,
    },
    {
      name: 'a tar into a relative path',
      send: put(() => tarOf({ x: 'x' }), 'path=../../etc'),
      answers: 'invalid_request',
      leaves: 'tried',
    },
    {
      name: 'a tar for an owner with a name',
      send: put(() => tarOf({ x: 'x' }), 'path=/tmp&owner=root:root'),
      answers: 'invalid_request',
      leaves: 'tried',
    },
    { name: 'a tar by a viewer', as: 'vic', send: put(() => tarOf({ x: 'x' })), answers: 'permission_denied' },
    { name: 'a tar by the auditor', as: 'aud', send: put(() => tarOf({ x: 'x' })), answers: 'permission_denied' },
    {
      name: 'a tar into a foreign container',
      send: async (f, as) => rest('PUT', `/containers/${f.box.id}/archive?path=/tmp`, { body: tarOf({ x: 'x' }), headers: TAR })(f, as),
      answers: 'not_found',
    },
    {
      name: 'a file of a foreign container',
      send: rest('GET', (f) => `/containers/${f.box.id}/archive?path=/data/secret.txt`),
      answers: 'not_found',
    },
    {
      name: 'what a path of a foreign container is',
      send: rest('HEAD', (f) => `/containers/${f.box.id}/archive?path=/data/secret.txt`),
      answers: 'status 404',
      leaves: 'denied',
    },
    { name: 'all files of a foreign container', send: rest('GET', (f) => `/containers/${f.box.id}/export`), answers: 'not_found' },
    { name: 'the changes of a foreign container', send: rest('GET', (f) => `/containers/${f.box.id}/changes`), answers: 'not_found' },
    {
      name: 'a file by the auditor',
      as: 'aud',
      send: rest('GET', (f) => `/containers/${f.box.id}/archive?path=/data/secret.txt`),
      answers: 'permission_denied',
    },
    { name: 'CVE-2026-45626: a path with a command in it (Arcane)', send: read('%24(id)'), answers: 'invalid_request', leaves: 'opened' },
    {
      name: 'CVE-2026-45626: an absolute path with a command in it',
      send: read('/tmp/%24(touch%20/tmp/pwned)%60id%60'),
      answers: 'file_not_found',
      leaves: 'opened',
    },
    { name: 'a path with NUL', send: read('/etc/passwd%00.txt'), answers: 'invalid_request', leaves: 'opened' },
    {
      name: 'a path of the host by dots',
      send: read('/../../../../etc/hostname', '&as=file'),
      answers: 200,
      leaves: 'opened',
      proof: (_, { bytes }) => {
        // the container's own, whatever the number of dots
        if (!/[0-9a-f]{12}\s*$/.test(bytes)) throw new Error(bytes.slice(-200))
      },
    },
    {
      name: 'the root of a process, as a way to the host',
      send: read('/proc/1/root/etc/passwd', '&as=file'),
      answers: 'file_not_found',
      leaves: 'opened',
    },
    {
      name: 'what the tar has made belongs to the container: nothing of it is on the host',
      send: put(() => tarOf({ 'berth-adversary-file': 'x' })),
      answers: 200,
      leaves: 'tried',
      changes: true,
      proof: async (f) => {
        const changes = await engineJson<{ Path: string }[]>(bed().socketPath, 'GET', `/containers/${f.web.id}/changes`)
        if (!changes.some(({ Path }) => Path === '/tmp/berth-adversary-file')) throw new Error(JSON.stringify(changes))
      },
    },
  ],
}

async function tar(all: readonly Entry[], size = 0): Promise<Buffer> {
  const made = pack()
  const parts: Buffer[] = []
  made.on('data', (part) => parts.push(part as Buffer))
  const ended = new Promise<void>((done) => made.on('end', () => done()))
  for (const entry of all) made.entry({ mode: 0o644, ...entry }, Buffer.alloc(size).toString('latin1'))
  made.finalize()
  await ended
  return Buffer.concat(parts)
}
