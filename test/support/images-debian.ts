/** A Debian with its package manager, by debootstrap; kept under the user's cache folder, so that only the first run pays. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { layerOf, type Layer } from './images.js'
import { isAlive, ownerOf, run, until, type Owner } from './private-host.js'

const CREATED_BY = 'debootstrap --variant=minbase'

/** The one layer of a Debian minbase of the machine's own release: 40 s the first time, then 0.2 s. */
export async function debianLayer(): Promise<Layer> {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'berth-test')
  mkdirSync(cache, { recursive: true })
  const [blob, diffId] = [join(cache, 'debian.tar.gz'), join(cache, 'debian.diffid')]
  // the second one is written last
  if (!existsSync(diffId)) await onlyOne(join(cache, 'debian.lock'), async () => existsSync(diffId) || makeLayer(blob, diffId))
  return { blob: readFileSync(blob), diffId: readFileSync(diffId, 'utf8'), createdBy: CREATED_BY }
}

async function makeLayer(blob: string, diffId: string): Promise<void> {
  // asynchronous: a test worker that does not answer for half a minute is taken for dead
  const call = promisify(execFile)
  const root = `${blob}.root`
  run('rm', '-rf', '--one-file-system', root)
  if (!existsSync('/usr/sbin/debootstrap')) await call('apt-get', ['install', '-y', '--no-install-recommends', 'debootstrap'])
  await call('debootstrap', ['--variant=minbase', codename(), root, mirror()], { maxBuffer: 64 << 20 })
  run('rm', '-rf', join(root, 'var/cache/apt/archives'))
  await call('tar', ['-C', root, '--sort=name', '--numeric-owner', '--exclude=./dev/*', '-cf', `${blob}.part`, '.'])
  const layer = layerOf(readFileSync(`${blob}.part`), CREATED_BY)
  writeFileSync(`${blob}.part`, layer.blob)
  renameSync(`${blob}.part`, blob)
  writeFileSync(diffId, layer.diffId)
  run('rm', '-rf', '--one-file-system', root)
}

function codename(): string {
  return /^VERSION_CODENAME=(\w+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'bookworm'
}

/** The mirror that apt uses, since another one may not be reachable. */
function mirror(): string {
  const targets = run('apt-get', 'indextargets', '--format', '$(REPO_URI) ')
  return /https?:\/\/\S+\/debian\/?(?=\s|$)/m.exec(targets)?.[0] ?? 'http://deb.debian.org/debian'
}

/** Runs the work in one process on this machine at a time; a lock whose holder is gone is taken over. */
async function onlyOne(lock: string, work: () => Promise<unknown>): Promise<void> {
  await until(`the lock ${lock}`, 300_000, () => tryLock(lock))
  try {
    await work()
  } finally {
    rmSync(lock, { force: true })
  }
}

function tryLock(lock: string): boolean {
  try {
    writeFileSync(lock, JSON.stringify(ownerOf(process.pid)), { flag: 'wx' })
    return true
  } catch {
    if (existsSync(lock) && !isAlive(JSON.parse(readFileSync(lock, 'utf8') || '{}') as Owner)) rmSync(lock, { force: true })
    return false
  }
}
