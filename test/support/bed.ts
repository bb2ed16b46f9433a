/**
 * The test bed: one private engine, its registry and the seed images. A test asks `bed()` for the one that runs; the
 * runner (scripts/run-tests.ts), `npm run test:bed` and global-setup.ts start and purge it.
 *
 * In the registry from the start: `busybox:1` and `layered:1` (two layers), both also `latest` and found without a host
 * through the engine's mirror; `127.0.0.1:5000/team/app:1`; `random:20m` (three layers of random bytes, for progress and
 * cancel). On the engine there is only BASE_IMAGE, the content of `busybox:1`.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { engineCall, engineJson } from './engine-http.js'
import { tarOf } from '../../scripts/tar.js'
import { debianLayer } from './images-debian.js'
import { layerOf, pushImage, pushSeedImages } from './images.js'
import { KEPT } from './leftovers.js'
import { PrivateEngine, type EngineOptions } from './private-engine.js'
import { ownerOf, type Owner } from './private-host.js'
import { registryAt, startRegistry, type Registry, type RegistryOptions } from './registry.js'

/** Always on the engine, with the content of `busybox:1`: for tests that talk to the engine directly. */
export const BASE_IMAGE = `${KEPT}busybox:1`

/** Names the folder of the bed to use; set by whoever started it. */
export const BED_VARIABLE = 'BERTH_TEST_BED'

const BEDS = join(tmpdir(), 'berth-beds')
const MINUTE = 60_000

export class Bed {
  readonly engine: PrivateEngine
  readonly registry: Registry
  /** `127.0.0.1:5000`, as it stands in image references. */
  readonly registryHost: string
  readonly dir: string

  constructor(dir: string) {
    this.dir = dir
    this.engine = PrivateEngine.at(join(dir, 'main'))
    this.registry = registryAt(this.engine, 5000)
    this.registryHost = this.registry.host
  }

  get dockerHost(): string {
    return this.engine.dockerHost
  }

  get socketPath(): string {
    return this.engine.socketPath
  }

  get netns(): string {
    return this.engine.netns
  }

  /** Connects to a port inside the engine's namespace: published ports and registries are only there. */
  dialInside(port: number, host?: string): Promise<Socket> {
    return this.engine.dialInside(port, host)
  }

  /** Makes a port of the namespace reachable on 127.0.0.1 out here, for whatever needs a plain URL. */
  async forward(port: number, host?: string): Promise<Forward> {
    const open = new Set<Socket>()
    const server = createServer({ allowHalfOpen: true }, (client) => {
      open.add(client)
      client.on('close', () => open.delete(client)).on('error', () => client.destroy())
      joinInside(client, this.dialInside(port, host)).catch(() => client.resetAndDestroy())
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port: outside } = server.address() as AddressInfo
    const close = () =>
      new Promise<void>((done) => {
        server.close(() => done())
        open.forEach((socket) => socket.destroy())
      })
    return { url: `http://127.0.0.1:${outside}`, port: outside, close }
  }

  /** An image that no other test uses, in the registry only; its layers are as many as `files`. Answers the reference. */
  async uniqueImage({
    files = [{ 'unique.txt': randomBytes(16).toString('hex') }],
    config = {},
    name = randomName(),
  }: UniqueImage = {}): Promise<string> {
    const layers = files.map((layer) => layerOf(tarOf(layer), `ADD ${Object.keys(layer).join(' ')} /`))
    await pushImage(this.registry, { repository: `unique/${name}`, tags: ['1'], layers, config: { Cmd: ['/none'], ...config } })
    return `${this.registryHost}/unique/${name}:1`
  }

  /** A Debian image with a package manager, `debian:12` in the registry; the first one on a machine takes up to a minute. */
  async debianImage(): Promise<string> {
    const known = await this.registry.call('HEAD', '/v2/library/debian/manifests/12')
    if (known.status !== 200) {
      const config = { Cmd: ['bash'], Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] }
      await pushImage(this.registry, { repository: 'library/debian', tags: ['12', 'latest'], layers: [await debianLayer()], config })
    }
    return 'debian:12'
  }

  /** A registry of your own beside the engine, for instance one with users; stop it when done. */
  startRegistry(options: RegistryOptions): Promise<Registry> {
    return startRegistry(this.engine, options)
  }

  /** A second engine for what this one must not suffer (kill -9, SIGSTOP, full disk), with the same images to pull. Purge it when done. */
  async startEngine(options: EngineOptions = {}): Promise<PrivateEngine> {
    const engine = await PrivateEngine.create(join(this.dir, `x${randomName()}`), options)
    await startRegistry(engine, { port: 5000, storage: this.registry.storage })
    await keepBaseImage(engine)
    return engine
  }

  /** Whether engine and registry answer. */
  async isUp(): Promise<boolean> {
    return (
      (await this.engine.answers()) &&
      this.registry.call('GET', '/v2/').then(
        ({ status }) => status === 200,
        () => false,
      )
    )
  }

  /** Hands the bed to another process, at whose end it becomes stale. */
  setOwner(owner: Owner | undefined): void {
    this.engine.setOwner(owner)
  }

  /** Ends all engines of this bed and leaves no trace on the machine. */
  async purge(): Promise<void> {
    if (!existsSync(this.dir)) return
    for (const engine of PrivateEngine.allIn(this.dir)) await engine.purge()
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** A port out here that leads into the namespace; close it when done. */
export interface Forward {
  readonly url: string
  readonly port: number
  readonly close: () => Promise<void>
}

/** What an image of a test's own shall be; all of it may be left out. */
export interface UniqueImage {
  /** One layer per entry: path → content. */
  readonly files?: readonly Readonly<Record<string, string | Buffer>>[]
  readonly config?: Readonly<Record<string, unknown>>
  readonly name?: string
}

/** The bed of this run. */
export function bed(): Bed {
  const dir = process.env[BED_VARIABLE]
  if (!dir) throw new Error(`${BED_VARIABLE} is not set: run the tests by npm test, or start a bed with npm run test:bed`)
  return new Bed(dir)
}

/** Starts a bed (about two seconds); `name` makes it one that is found again, see scripts/test-bed.ts. */
export async function startBed({ name = randomName(), owner }: { name?: string; owner?: Owner } = {}): Promise<Bed> {
  const bed = new Bed(bedFolder(name))
  // containers run as other users, and their sockets and mounts are in here
  mkdirSync(bed.dir, { recursive: true, mode: 0o711 })
  try {
    const engine = await PrivateEngine.create(join(bed.dir, 'main'), owner ? { owner } : {})
    await pushSeedImages(await startRegistry(engine, { port: 5000 }))
    await keepBaseImage(engine)
    return bed
  } catch (error) {
    await bed.purge()
    throw error
  }
}

/** The folder of a bed; it may not exist yet. */
export function bedFolder(name: string): string {
  return join(bedsFolder(), name)
}

/** In a folder that everybody may write to, somebody else could have put a link here for us to purge. */
function bedsFolder(): string {
  const found = lstatSync(BEDS, { throwIfNoEntry: false })
  if (found && (!found.isDirectory() || found.uid !== process.getuid?.())) throw new Error(`${BEDS} belongs to somebody else: remove it`)
  return BEDS
}

/** Purges what runs left behind that were killed: engines whose owner is gone. Answers what it purged. */
export async function purgeStale(): Promise<string[]> {
  const purged: string[] = []
  for (const name of existsSync(bedsFolder()) ? readdirSync(BEDS) : []) {
    const all = PrivateEngine.allIn(join(BEDS, name))
    // killed before it had an engine: the folder is all there is
    if (all.length === 0 && Date.now() - statSync(join(BEDS, name)).mtimeMs > MINUTE)
      rmSync(join(BEDS, name), { recursive: true, force: true })
    const stale = all.filter((engine) => engine.isStale)
    // a second run that starts at the same time sees it taken
    stale.forEach((engine) => engine.setOwner(ownerOf(process.pid)))
    // the bed's other engines use its registry's content, so they go with it
    if (stale.some((engine) => basename(engine.dir) === 'main')) await new Bed(join(BEDS, name)).purge()
    else for (const engine of stale) await engine.purge()
    purged.push(...stale.map((engine) => engine.netns))
  }
  return purged
}

async function joinInside(client: Socket, dialled: Promise<Socket>): Promise<void> {
  const inner = await dialled
  // a reset inside must be a reset out here, or a test can not see it
  inner.on('error', () => client.resetAndDestroy()).on('close', () => client.destroy())
  client.on('close', () => inner.destroy())
  client.pipe(inner).pipe(client)
}

/** Pulls through the mirror, which proves that path once for the whole run, and keeps the content under our own tag. */
async function keepBaseImage({ socketPath }: PrivateEngine): Promise<void> {
  const pull = await engineCall(socketPath, 'POST', '/images/create?fromImage=busybox&tag=1')
  if (pull.status !== 200 || pull.body.includes('"error"')) throw new Error(`pull of busybox:1: ${pull.status} ${pull.body}`)
  await engineJson(socketPath, 'POST', `/images/busybox:1/tag?repo=${KEPT}busybox&tag=1`)
  await engineJson(socketPath, 'DELETE', '/images/busybox:1')
}

function randomName(): string {
  return randomBytes(4).toString('hex')
}
