/** Tars for images, made by the system's tar: the same content is always the same bytes, and so the same layer. */
import { execFileSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** What every image says to have been made at, so that a digest does not change by the hour. */
export const CREATED = '2026-01-01T00:00:00Z'

/** Files (path → content) as a tar; parents are made, all of it belongs to root. */
export function tarOf(files: Readonly<Record<string, string | Buffer>>): Buffer {
  return tarFolder((dir) => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, path)), { recursive: true })
      writeFileSync(join(dir, path), content)
    }
  })
}

/** A busybox root: the machine's static one with a link for each of its commands, two users and the usual folders. */
export function busyboxTar(): Buffer {
  return tarFolder((dir) => {
    FOLDERS.forEach((path) => mkdirSync(join(dir, path), { recursive: true }))
    for (const path of ['tmp', 'var/tmp']) chmodSync(join(dir, path), 0o1777)
    copyFileSync(busyboxPath(), join(dir, 'bin/busybox'))
    chmodSync(join(dir, 'bin/busybox'), 0o755)
    for (const path of commandPaths()) symlinkSync('/bin/busybox', join(dir, path))
    writeFileSync(join(dir, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n')
    writeFileSync(join(dir, 'etc/group'), 'root:x:0:\nnobody:x:65534:\n')
  })
}

const FOLDERS = ['bin', 'sbin', 'usr/bin', 'usr/sbin', 'etc', 'root', 'home', 'tmp', 'var/tmp', 'proc', 'sys', 'dev']

function commandPaths(): string[] {
  const paths = execFileSync(busyboxPath(), ['--list-full'], { encoding: 'utf8' }).split('\n')
  return paths.filter((path) => path !== 'bin/busybox' && FOLDERS.includes(dirname(path)))
}

function busyboxPath(): string {
  const path = ['/bin/busybox', '/usr/bin/busybox'].find((candidate) => existsSync(candidate))
  if (!path) throw new Error('busybox is missing: install the package busybox-static')
  return path
}

/** What `fill` puts into a folder, as a tar that is the same each time; all of it belongs to root. */
export function tarFolder(fill: (dir: string) => void): Buffer {
  const scratch = mkdtempSync(join(tmpdir(), 'berth-tar-'))
  const [dir, file] = [join(scratch, 'root'), join(scratch, 'tar')]
  try {
    mkdirSync(dir, { mode: 0o755 })
    fill(dir)
    const fixed = ['--sort=name', '--numeric-owner', '--owner=0', '--group=0', `--mtime=${CREATED}`]
    execFileSync('tar', ['-C', dir, ...fixed, '-cf', file, '.'])
    return readFileSync(file)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
