import { request, type RequestOptions } from 'node:http'

/** What the engine says of a container, as far as the sweep looks at it. */
export interface EngineContainer {
  readonly Id: string
  /** With a slash. */
  readonly Name: string
  readonly Created: string
  readonly Image: string
  readonly Config: Readonly<Record<string, unknown>> & { readonly Labels: Readonly<Record<string, string>> | null }
  readonly HostConfig: Readonly<Record<string, unknown>>
  readonly Mounts: readonly {
    readonly Type: string
    readonly Name?: string
    readonly Source: string
    readonly RW: boolean
    readonly Propagation?: string
  }[]
  readonly ExecIDs: readonly string[] | null
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly NetworkID: string }>> | null }
}

/** A command in a container that runs. */
export interface EngineExec {
  readonly ID: string
  readonly ContainerID: string
  readonly ProcessConfig: { readonly privileged?: boolean }
}

export interface EngineVolume {
  readonly Name: string
  readonly CreatedAt?: string
  readonly Driver: string
  readonly Options: Readonly<Record<string, string>> | null
  readonly Labels: Readonly<Record<string, string>> | null
}

export interface EngineNetwork {
  readonly Id: string
  readonly Name: string
  readonly Created: string
  readonly Driver: string
  readonly Labels: Readonly<Record<string, string>> | null
  readonly Options: Readonly<Record<string, string>> | null
  readonly IPAM: { readonly Config: readonly { readonly Subnet?: string }[] | null }
}

export interface EngineImage {
  readonly Id: string
  readonly RepoTags: readonly string[] | null
}

/** Everything on an engine at one moment, more or less. */
export interface EngineState {
  readonly containers: readonly EngineContainer[]
  readonly execs: readonly EngineExec[]
  readonly volumes: readonly EngineVolume[]
  readonly networks: readonly EngineNetwork[]
  readonly images: readonly EngineImage[]
  /** What runs containers where nobody names anything. */
  readonly runtime: string
}

const TIMEOUT_MS = 60_000
/** Inspections at a time. */
const AT_ONCE = 4

/**
 * Reads an engine by requests of its own: not by the gateway's client and not by its inventory, since it is these that the
 * sweep would find out.
 */
export class EngineReader {
  private readonly address: RequestOptions

  constructor(dockerHost: string) {
    const [, path] = /^unix:\/\/(\/.+)$/.exec(dockerHost) ?? []
    const tcp = path ? null : new URL(dockerHost.replace(/^tcp:/, 'http:'))
    this.address = tcp ? { host: tcp.hostname.replaceAll(/[[\]]/g, ''), port: tcp.port } : { socketPath: path }
  }

  /** @throws Error where the engine does not answer */
  async read(): Promise<EngineState> {
    const [list, volumes, networks, images, info] = await Promise.all([
      this.get<{ Id: string }[]>('/containers/json?all=true'),
      this.get<{ Volumes: EngineVolume[] | null }>('/volumes'),
      this.get<EngineNetwork[]>('/networks'),
      this.get<EngineImage[]>('/images/json'),
      this.get<{ DefaultRuntime: string }>('/info'),
    ])
    const containers = await this.each<EngineContainer>(list.map(({ Id }) => `/containers/${Id}/json`))
    const execs = await this.each<EngineExec>(containers.flatMap(({ ExecIDs }) => ExecIDs ?? []).map((id) => `/exec/${id}/json`))
    return { containers, execs, volumes: volumes.Volumes ?? [], networks, images, runtime: info.DefaultRuntime }
  }

  /** All that is still there. */
  private async each<T>(paths: readonly string[]): Promise<T[]> {
    const found: T[] = []
    for (let at = 0; at < paths.length; at += AT_ONCE) {
      const some = paths.slice(at, at + AT_ONCE).map((path) => this.get<T>(path).catch(ifGone))
      found.push(...(await Promise.all(some)).filter((each) => each !== null))
    }
    return found
  }

  private get<T>(path: string): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const call = request({ ...this.address, path, timeout: TIMEOUT_MS }, (answer) => {
      const parts: Buffer[] = []
      answer.on('data', (part: Buffer) => parts.push(part))
      answer.on('error', reject)
      answer.on('end', () => {
        const text = Buffer.concat(parts).toString('utf8')
        if (answer.statusCode === 200) resolve(JSON.parse(text) as T)
        else reject(new EngineRefusal(answer.statusCode ?? 0, `GET ${path}: ${answer.statusCode} ${text.trim().slice(0, 200)}`))
      })
    })
    call.on('timeout', () => call.destroy(new Error(`GET ${path}: the engine does not answer`)))
    call.on('error', reject)
    call.end()
    return promise
  }
}

class EngineRefusal extends Error {
  constructor(
    readonly status: number,
    text: string,
  ) {
    super(text)
  }
}

/** It was removed between the list and the look. */
function ifGone(error: unknown): null {
  if (error instanceof EngineRefusal && error.status === 404) return null
  throw error
}
