/**
 * What a private engine needs of the machine: a network namespace, detached processes in it, and the certainty that all
 * of it is gone afterwards. Everything is found by a name that only we gave (namespace, cgroup, folder), never by a
 * process's name: an engine that runs beside ours is never touched.
 */
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, openSync, closeSync, readFileSync, readdirSync, rmSync, rmdirSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A process that is known by more than its number, since numbers come back. */
export interface Owner {
  readonly pid: number
  readonly started: string
}

/** dockerd looks for iptables and runc on PATH, and a user's PATH often lacks the sbin folders. */
const PATH = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`

/** Runs a command to its end and answers what it printed; a failure carries its stderr. */
export function run(command: string, ...args: string[]): string {
  try {
    return execFileSync(command, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 64 << 20,
      env: { ...process.env, PATH },
    })
  } catch (error) {
    const stderr = (error as { stderr?: string }).stderr ?? ''
    throw new Error(`${command} ${args.join(' ')}: ${stderr.trim() || String(error)}`, { cause: error })
  }
}

/** The process with this number now, or nothing (a zombie is nothing). */
export function ownerOf(pid: number): Owner | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : { pid, started: fields[19] ?? '' }
  } catch {
    return undefined
  }
}

export function isAlive(owner: Owner | undefined): boolean {
  return owner !== undefined && ownerOf(owner.pid)?.started === owner.started
}

/** Sends a signal; a process that is gone already is fine. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Asks every 20 ms until the answer is true; throws with `what` after `ms`. */
export async function until(what: string, ms: number, ask: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + ms
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms`)
    await sleep(20)
  }
}

/** Makes the namespace with only `lo` in it: without a default route, look-ups of the internet fail at once. */
export function addNamespace(name: string): void {
  run('ip', 'netns', 'add', name)
  run('nsenter', `--net=/run/netns/${name}`, 'ip', 'link', 'set', 'lo', 'up')
}

/** Starts a command inside the namespace that outlives this process; its output goes to the log file. */
export function startInside(netns: string, log: string, command: string, ...args: string[]): number {
  const out = openSync(log, 'a')
  // nsenter, not `ip netns exec`: that one remounts /sys, and dockerd then finds no cgroups
  const child = spawn('nsenter', [`--net=/run/netns/${netns}`, command, ...args], {
    detached: true,
    stdio: ['ignore', out, out],
    env: { PATH, HOME: '/root', TZ: 'UTC' },
  })
  closeSync(out)
  child.unref()
  if (child.pid === undefined) throw new Error(`can not start ${command}`)
  return child.pid
}

/** Connects to a port inside the namespace through its relay (see bed-relay.ts). */
export function dialThrough(relay: string, port: number, host = '127.0.0.1'): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = connect({ path: relay, allowHalfOpen: true })
  socket.once('error', reject)
  socket.write(`${host} ${port}\n`)
  let head = ''
  const onReadable = () => {
    for (let byte: Buffer | null; (byte = socket.read(1) as Buffer | null);) {
      if (byte[0] !== 10) {
        head += byte.toString('latin1')
        continue
      }
      socket.off('readable', onReadable).off('error', reject).off('end', onEnd)
      if (head === 'ok') return resolve(socket)
      socket.destroy()
      return reject(Object.assign(new Error(`${host}:${port} inside the namespace: ${head}`), { code: head }))
    }
  }
  const onEnd = () => reject(new Error(`the relay closed the connection to ${host}:${port}`))
  socket.on('readable', onReadable).once('end', onEnd)
  return promise
}

/** Ends every process of a namespace and of a cgroup, unmounts what lies under the folder, and removes all three. */
export async function purge(dir: string, netns: string, cgroup: string): Promise<void> {
  const groups = cgroupFolders(cgroup)
  const left = () => [...pidsIn(netns), ...groups.flatMap(pidsOf)]
  await until(`ending the processes of ${netns}`, 10_000, () => {
    groups.forEach(thaw)
    const pids = left()
    pids.forEach((pid) => signal(pid, 'SIGKILL'))
    return pids.length === 0
  })
  for (const path of mountsUnder(dir))
    removing(
      () => run('umount', '-l', path),
      () => !mountsUnder(dir).includes(path),
    )
  groups.forEach(removeGroup)
  if (existsSync(`/run/netns/${netns}`))
    removing(
      () => run('ip', 'netns', 'delete', netns),
      () => !existsSync(`/run/netns/${netns}`),
    )
  // a mount that slipped through must not have its content removed
  if (existsSync(dir)) run('rm', '-rf', '--one-file-system', dir)
}

/** Two purges of one stale engine may meet: what the other one removed first is no error. */
function removing(work: () => unknown, isGone: () => boolean): void {
  try {
    work()
  } catch (error) {
    if (!isGone()) throw error
  }
}

function pidsIn(netns: string): number[] {
  if (!existsSync(`/run/netns/${netns}`)) return []
  return run('ip', 'netns', 'pids', netns)
    .split('\n')
    .filter(Boolean)
    .map(Number)
    .filter((pid) => ownerOf(pid))
}

/** The cgroup in each hierarchy: cgroup v1 has one folder per controller, v2 a single tree. */
function cgroupFolders(name: string): string[] {
  const root = '/sys/fs/cgroup'
  if (!existsSync(root)) return []
  const candidates = [root, ...readdirSync(root).map((controller) => join(root, controller))]
  return candidates.map((parent) => join(parent, name)).filter((path) => existsSync(join(path, 'cgroup.procs')))
}

function pidsOf(group: string): number[] {
  return folders(group)
    .flatMap((path) => read(join(path, 'cgroup.procs')).split('\n'))
    .filter(Boolean)
    .map(Number)
    .filter((pid) => ownerOf(pid))
}

/** A paused container's processes do not take even SIGKILL until they run again. */
function thaw(group: string): void {
  for (const path of folders(group)) {
    if (existsSync(join(path, 'freezer.state'))) writeFileSync(join(path, 'freezer.state'), 'THAWED')
    if (existsSync(join(path, 'cgroup.freeze'))) writeFileSync(join(path, 'cgroup.freeze'), '0')
  }
}

function removeGroup(group: string): void {
  for (const path of folders(group).reverse()) {
    try {
      rmdirSync(path)
    } catch {
      // a controller may need a moment; an empty group that stays is harmless
    }
  }
}

/** The folder and all below it, parents first. */
function folders(path: string): string[] {
  if (!existsSync(path)) return []
  const below = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return [path, ...below.flatMap((entry) => folders(join(path, entry.name)))]
}

function mountsUnder(dir: string): string[] {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => (line.split(' ')[1] ?? '').replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))))
    .filter((path) => path.startsWith(`${dir}/`))
    .reverse()
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Removes a file that may not be there. */
export function drop(path: string): void {
  rmSync(path, { force: true })
}
