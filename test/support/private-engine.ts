/**
 * A Docker Engine of our own: its own network namespace (two engines in one flush each other's iptables chains), its own
 * data, cgroup and socket, all in one folder. The main one belongs to the bed; a fault test starts a second one for itself.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, statfsSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Socket } from 'node:net'
import { fileURLToPath } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'
import { engineCall } from './engine-http.js'
import { addNamespace, dialThrough, drop, isAlive, ownerOf, purge, run, signal, startInside, until, type Owner } from './private-host.js'

export interface EngineOptions {
  /** Whose end makes this engine stale, so that the next run purges it; this process by default. */
  readonly owner?: Owner
  /** A data root on a disk of its own of this many MB, for tests of a full disk. */
  readonly diskMb?: number
  /** Merged into daemon.json. */
  readonly config?: Readonly<Record<string, unknown>>
}

const OVERLAYFS = 0x794c7630
const RELAY = fileURLToPath(new URL('./bed-relay.ts', import.meta.url))

export class PrivateEngine {
  readonly dir: string
  readonly netns: string

  private constructor(dir: string) {
    this.dir = dir
    // unique on the machine: the bed's folder has a random name
    this.netns = `berth-${basename(dirname(dir))}-${basename(dir)}`
  }

  /** An engine that was started before, by this process or another. */
  static at(dir: string): PrivateEngine {
    return new PrivateEngine(dir)
  }

  /** Every engine of a bed that left something behind, running or not. */
  static allIn(bed: string): PrivateEngine[] {
    return readdirSync(bed)
      .filter((name) => existsSync(join(bed, name, 'owner.json')))
      .map((name) => new PrivateEngine(join(bed, name)))
  }

  /** Makes folder and namespace and starts the engine (0.3–0.8 s). */
  static async create(dir: string, options: EngineOptions = {}): Promise<PrivateEngine> {
    const engine = new PrivateEngine(dir)
    mkdirSync(join(dir, 'root'), { recursive: true })
    engine.setOwner(options.owner ?? ownerOf(process.pid))
    if (options.diskMb) engine.addDisk(options.diskMb)
    addNamespace(engine.netns)
    startInside(engine.netns, join(dir, 'relay.log'), process.execPath, RELAY, engine.relay)
    writeFileSync(join(dir, 'daemon.json'), JSON.stringify({ ...engine.config(), ...options.config }, null, 2))
    await Promise.all([engine.start(), until('the relay', 10_000, () => existsSync(engine.relay))])
    return engine
  }

  get socketPath(): string {
    return join(this.dir, 'd.sock')
  }

  get dockerHost(): string {
    return `unix://${this.socketPath}`
  }

  /** Unix socket of the relay that dials ports inside the namespace. */
  get relay(): string {
    return join(this.dir, 'relay.sock')
  }

  /** Number of the dockerd process, or nothing when it does not run. */
  get pid(): number | undefined {
    const pid = Number(existsSync(this.pidFile) && readFileSync(this.pidFile, 'utf8'))
    return pid && ownerOf(pid) && commandOf(pid).includes(this.dir) ? pid : undefined
  }

  get owner(): Owner {
    // an empty file is one whose writer was killed in between
    return JSON.parse(readFileSync(join(this.dir, 'owner.json'), 'utf8') || '{}') as Owner
  }

  setOwner(owner: Owner | undefined): void {
    writeFileSync(join(this.dir, 'owner.json'), JSON.stringify(owner))
  }

  /** Whether the process that wanted this engine is gone. */
  get isStale(): boolean {
    return !existsSync(this.dir) || !isAlive(this.owner)
  }

  /** Connects to a port inside the engine's namespace: published ports are only there. */
  dialInside(port: number, host?: string): Promise<Socket> {
    return dialThrough(this.relay, port, host)
  }

  /** Starts dockerd and waits until it answers. */
  async start(): Promise<void> {
    // after a kill -9 these two make the next start wait 15 s and then fail
    drop(this.pidFile)
    drop(join(this.dir, 'run/containerd/containerd.pid'))
    const log = join(this.dir, 'dockerd.log')
    startInside(this.netns, log, 'dockerd', ...this.args())
    await until(`dockerd (see ${log})`, 30_000, () => this.answers())
  }

  /** Ends dockerd in good order: its containers get SIGTERM and the shutdown time. */
  async stop(): Promise<void> {
    const { pid } = this
    if (pid === undefined) return
    signal(pid, 'SIGTERM')
    await until('the end of dockerd', 30_000, () => !ownerOf(pid))
  }

  /** kill -9: containers go on running without an engine until the next start. */
  async kill(): Promise<void> {
    const { pid } = this
    if (pid === undefined) return
    signal(pid, 'SIGKILL')
    await until('the end of dockerd', 10_000, () => !ownerOf(pid))
  }

  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** SIGSTOP: the socket still connects, nothing ever answers. */
  async freeze(): Promise<void> {
    if (this.pid === undefined) return
    signal(this.pid, 'SIGSTOP')
    // each thread stops for itself, and one that has not yet may still answer
    while (!isStopped(this.pid)) await delay(1)
  }

  /** SIGCONT. */
  thaw(): void {
    if (this.pid !== undefined) signal(this.pid, 'SIGCONT')
  }

  /** Whether the engine answers a ping within a second. */
  async answers(): Promise<boolean> {
    return engineCall(this.socketPath, 'GET', '/_ping', undefined, 1_000).then(
      ({ status }) => status === 200,
      () => false,
    )
  }

  /** Ends everything and leaves no trace on the machine, whatever state it is in. */
  async purge(): Promise<void> {
    await this.kill()
    await purge(this.dir, this.netns, this.netns)
  }

  private get pidFile(): string {
    return join(this.dir, 'pid')
  }

  private args(): string[] {
    const { dir } = this
    const settings = {
      '-H': this.dockerHost,
      '--data-root': join(dir, 'root'),
      '--exec-root': join(dir, 'run'),
      '--pidfile': this.pidFile,
      '--config-file': join(dir, 'daemon.json'),
    }
    return Object.entries(settings).flat()
  }

  private config(): Record<string, unknown> {
    return {
      'registry-mirrors': ['http://127.0.0.1:5000'],
      // overlay does not stack on overlay: in a container (a CI job, say) the slow driver is the one that works
      'storage-driver': statfsSync(this.dir).type === OVERLAYFS ? 'vfs' : 'overlay2',
      // one group for all containers of this engine: purge ends exactly what is in it
      'cgroup-parent': `/${this.netns}`,
      'exec-opts': ['native.cgroupdriver=cgroupfs'],
      'shutdown-timeout': 2,
    }
  }

  private addDisk(mb: number): void {
    const image = join(this.dir, 'disk.img')
    run('truncate', '-s', `${mb}M`, image)
    run('mkfs.ext4', '-q', '-F', image)
    run('mount', '-o', 'loop', image, join(this.dir, 'root'))
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** Every thread of it. */
function isStopped(pid: number): boolean {
  const threads = readdirSync(`/proc/${pid}/task`)
  return threads.every((id) => readFileSync(`/proc/${pid}/task/${id}/status`, 'utf8').includes('State:\tT'))
}
