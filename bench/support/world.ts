/**
 * What is measured on: a private engine with its registry, a gateway process, the team whose calls are measured, and a
 * second team with objects of its own on the same engine.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BASE_IMAGE, BED_VARIABLE, Bed, purgeStale, startBed } from '../../test/support/bed.js'
import { ADMIN, Gateway } from './gateway.js'
import { Http } from './http.js'

/** The reference that the teams have; the bed's engine finds it in its registry. */
const IMAGE = 'busybox:1'
const PASSWORD = 'a long enough password 1'
/** The most copies that one call may make. */
const COPIES = 50
/** Every n-th container of the measured team runs. */
const RUNNING = 20

export interface WorldOptions {
  /** Containers of the second team. */
  readonly others: number
  readonly profiles?: string | undefined
}

export interface Team {
  readonly id: string
  readonly name: string
}

interface Job {
  readonly id: string
  readonly state: string
  readonly error: { readonly detail: string } | null
}

export class World {
  readonly bed: Bed
  readonly gateway: Gateway
  readonly id: string
  readonly teams: Team[] = []
  readonly admin: Http
  private readonly ownsBed: boolean
  private tokens: string[] = []
  private made = 0

  private constructor(bed: Bed, gateway: Gateway, { id, ownsBed, adminToken }: { id: string; ownsBed: boolean; adminToken: string }) {
    this.bed = bed
    this.gateway = gateway
    this.id = id
    this.ownsBed = ownsBed
    this.admin = new Http(gateway.address(adminToken))
  }

  /** On the bed that the environment names, else on one of its own. */
  static async create(options: WorldOptions): Promise<World> {
    const given = process.env[BED_VARIABLE]
    if (!given) await purgeStale()
    const bed = given ? new Bed(given) : await startBed()
    const dataDir = mkdtempSync(join(tmpdir(), 'berth-bench-'))
    let gateway: Gateway | undefined
    let world: World | undefined
    try {
      if (options.profiles) mkdirSync(options.profiles, { recursive: true })
      gateway = await Gateway.start({ dataDir, dockerHost: bed.dockerHost, profiles: options.profiles })
      const adminToken = await login(gateway, ADMIN)
      world = new World(bed, gateway, { id: randomBytes(3).toString('hex'), ownsBed: !given, adminToken })
      await world.settle(options)
      return world
    } catch (error) {
      if (world) await world.end()
      else {
        await gateway?.stop()
        rmSync(dataDir, { recursive: true, force: true })
        if (!given) await bed.purge()
      }
      throw error
    }
  }

  /** The team whose calls are measured. */
  get team(): Team {
    return this.teams[0]!
  }

  /** Access token of its developer. */
  get token(): string {
    return this.tokens[0]!
  }

  get image(): string {
    return IMAGE
  }

  /** A client of the gateway, as the team's developer; close it. Paths are below /api/v1. */
  user(connections = 1): Http {
    return new Http(this.gateway.address(this.token), connections)
  }

  /** A client of the bare engine socket; close it. */
  engine(connections = 1): Http {
    return new Http({ options: { socketPath: this.bed.socketPath }, headers: {} }, connections)
  }

  /** How many containers the measured team has at least; more are made when there are fewer. Answers how many there are. */
  async containers(count: number): Promise<number> {
    while (this.made < count) {
      const copies = Math.min(COPIES, count - this.made)
      await this.make(this.token, { name: `web-${this.made}`, copies })
      this.made += copies
    }
    return this.made
  }

  /** The filter by which the engine answers what the team has and nothing else. */
  get engineFilter(): string {
    return encodeURIComponent(JSON.stringify({ label: [`bench.team=${this.team.name}`] }))
  }

  /** Runs a job to its end, looking every few ms as a client would that has no socket. */
  async job(client: Http, path: string, body: object): Promise<void> {
    let job = await client.json<Job>('POST', `/api/v1${path}`, body)
    while (job.state === 'running') {
      await delay(10)
      job = await client.json<Job>('GET', `/api/v1/jobs/${job.id}`)
    }
    if (job.state !== 'succeeded') throw new Error(`${path}: ${job.state} ${job.error?.detail ?? ''}`)
  }

  /** Takes away all that was made. */
  async end(): Promise<void> {
    try {
      this.admin.close()
      // first: it would put a tag back that its row asks for
      await this.gateway.stop()
      if (!this.ownsBed) await this.sweep()
    } finally {
      rmSync(this.gateway.dataDir, { recursive: true, force: true })
      if (this.ownsBed) await this.bed.purge()
    }
  }

  private async settle({ others }: WorldOptions): Promise<void> {
    for (const alias of ['own', 'other']) await this.addTeam(`${alias}-${this.id}`)
    await this.make(this.tokens[1]!, { name: 'app', copies: others })
  }

  private async addTeam(name: string): Promise<void> {
    const team = await this.admin.json<Team>('POST', '/api/v1/teams', { name })
    this.teams.push(team)
    const user = await this.admin.json<Team>('POST', '/api/v1/users', { username: `${name}-dev`, password: PASSWORD })
    await this.admin.drain('PUT', `/api/v1/teams/${name}/members/${user.id}`, { role: 'developer' })
    const token = await login(this.gateway, { username: `${name}-dev`, password: PASSWORD })
    this.tokens.push(token)
    const client = new Http(this.gateway.address(token))
    await this.job(client, '/images/pull', { reference: IMAGE })
    client.close()
  }

  /** Containers as teams have them: some labels, some environment, one port; a few of them run. */
  private async make(token: string, { name, copies }: { name: string; copies: number }): Promise<void> {
    const client = new Http(this.gateway.address(token))
    const team = this.teams[this.tokens.indexOf(token)]!
    const body = { ...ordinaryContainer(IMAGE, { 'bench.run': this.id, 'bench.team': team.name }), name, count: copies }
    const { items } = await client.json<{ items: { container?: { id: string }; error?: object }[] }>('POST', '/api/v1/containers', body)
    for (const [index, { container, error }] of items.entries()) {
      if (!container) throw new Error(`a container could not be made: ${JSON.stringify(error)}`)
      if (index % RUNNING === 0) await client.drain('POST', `/api/v1/containers/${container.id}/start`)
    }
    client.close()
  }

  private async sweep(): Promise<void> {
    const engine = this.engine()
    const mine = (name: string) => this.teams.some((team) => name.replace(/^\//, '').startsWith(`${team.name}--`))
    const containers = await engine.json<{ Id: string; Names: string[]; Labels: Record<string, string> }[]>(
      'GET',
      '/containers/json?all=true',
    )
    for (const { Id, Names, Labels } of containers)
      if (Labels['bench.run'] === this.id || Names.some(mine)) await engine.drain('DELETE', `/containers/${Id}?force=true&v=true`)
    const networks = await engine.json<{ Id: string; Name: string }[]>('GET', '/networks')
    for (const { Id, Name } of networks) if (mine(Name)) await engine.drain('DELETE', `/networks/${Id}`)
    const images = await engine.json<{ RepoTags: string[] | null }[]>('GET', '/images/json')
    const tags = images.flatMap(({ RepoTags }) => RepoTags ?? [])
    for (const tag of tags)
      if (this.teams.some(({ id }) => tag.startsWith(`berth.invalid/${id}/`))) await engine.drain('DELETE', `/images/${tag}`)
    engine.close()
  }
}

/** The body of a creation with a bit of everything. */
export function ordinaryContainer(image: string, labels: Readonly<Record<string, string>> = {}) {
  return {
    image,
    command: ['sleep', '3600'],
    env: ['LOG_LEVEL=info', 'DATABASE_URL=postgres://db/app', 'CACHE_URL=redis://cache', 'TZ=UTC'],
    labels: { ...labels, 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web', 'org.example.owner': 'team' },
    ports: [{ container: 8080, hostIp: '127.0.0.1' }],
    resources: { memory: 64 * 1_048_576 },
  }
}

/** For what is made on the engine directly: content that is there from the start. */
export const ENGINE_IMAGE = BASE_IMAGE

async function login(gateway: Gateway, who: { username: string; password: string }): Promise<string> {
  const nobody = new Http(gateway.address())
  const { accessToken } = await nobody.json<{ accessToken: string }>('POST', '/api/v1/auth/login', who)
  nobody.close()
  return accessToken
}
