/**
 * Where the attacks take place: the gateway as a process of its own on PostgreSQL, an engine whose calls are recorded, and two
 * teams. `ann` of alpha attacks; `bob` of bravo has planted a secret wherever one can be.
 */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import type { AuditRow } from '../../../src/store/schema.js'
import { GatewayProcess } from '../../faults/support/gateway-process.js'
import { RecordingEngine } from '../../http/support/recording-engine.js'
import { type RawSocket, rawSocket } from '../../streams/support.js'
import { Actor } from '../../support/actor.js'
import { bed, type Forward } from '../../support/bed.js'
import { engineCall, engineJson } from '../../support/engine-http.js'
import { Postgres } from '../../support/postgres.js'

export type ActorName = 'ann' | 'vic' | 'mia' | 'bob' | 'nob' | 'aud' | 'root' | 'tok' | 'anonymous'

export interface FieldOptions {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Without anything of bravo's; `plantBravo` makes it later. */
  readonly alone?: boolean
}

interface Named {
  readonly id: string
  readonly name: string
}

/** Everything outside of traces, row by row, and what the teams have on the engine. */
export type State = Readonly<Record<string, readonly string[]>>

/** Rows that a request may leave without having changed anything; events come late, and tell of what other tests do on the engine. */
const TRACES = new Set(['processes', 'events', 'event_marks'])
const PASSWORD = 'a long enough password 1'

export class Field implements AsyncDisposable {
  readonly suffix = randomBytes(3).toString('hex')
  readonly alpha: Named = { id: '', name: `alpha-${this.suffix}` }
  readonly bravo: Named = { id: '', name: `bravo-${this.suffix}` }
  /** Never in a byte of an answer, in a log line or in an audit record. */
  readonly secrets = {
    env: canary('env'),
    label: canary('label'),
    log: canary('log'),
    file: canary('file'),
    exec: canary('exec'),
    imageEnv: canary('imageenv'),
    imageLabel: canary('imagelabel'),
    volumeLabel: canary('volumelabel'),
  }
  /** Of bravo's objects; never told to who is not in bravo, but where he said them himself. */
  readonly names = { box: `box${token()}`, volume: `vol${token()}`, image: '' }
  /** Of alpha: running, and a volume. */
  web: Named = { id: '', name: 'web' }
  /** Of bravo: running, full of secrets. */
  box: Named = { id: '', name: this.names.box }
  imageId = ''
  job = ''
  /** A registry of bravo, without a login. */
  registry = ''
  /** The engine's id of the exec that bob has open. */
  exec = ''
  private readonly actors = new Map<ActorName, Actor>()
  private readonly open: RawSocket[] = []
  private readonly teamIds: string[] = []

  private constructor(
    readonly gateway: GatewayProcess,
    readonly engine: RecordingEngine,
    private readonly parts: { readonly postgres: Postgres; readonly registry: Forward },
    readonly database: pg.Client,
    private readonly pid: number,
  ) {}

  static async make({ env = {}, alone = false }: FieldOptions = {}): Promise<Field> {
    const [postgres, engine, registry] = await Promise.all([Postgres.start(), RecordingEngine.start(), bed().forward(5000)])
    const url = await postgres.database('berth')
    const gateway = await GatewayProcess.start({
      dockerHost: engine.dockerHost,
      env: {
        BERTH_DATABASE_URL: url,
        BERTH_LOG_LEVEL: 'trace',
        BERTH_REGISTRY_ROUTES: `${bed().registryHost}=127.0.0.1:${registry.port}`,
        ...env,
      },
    })
    const database = new pg.Client({ connectionString: url })
    await database.connect()
    const field = new Field(gateway, engine, { postgres, registry }, database, gateway.pid)
    try {
      await field.populate()
      if (!alone) await field.plantBravo()
      return field
    } catch (error) {
      await field.end()
      throw error
    }
  }

  get url(): string {
    return this.gateway.url
  }

  actor(name: ActorName): Actor {
    return this.actors.get(name)!
  }

  /** Everything that the gateway has written since it started. */
  get log(): string {
    return this.gateway.output
  }

  /** The same process as at the beginning, and it answers. */
  async isAlive(): Promise<boolean> {
    if (!this.gateway.isRunning || this.gateway.pid !== this.pid) return false
    return fetch(`${this.url}/health/live`).then(
      ({ ok }) => ok,
      () => false,
    )
  }

  /** Another user with these roles, logged in. */
  async user(alias: string, roles: Readonly<Record<string, string>> = {}, hostRole?: 'admin' | 'auditor'): Promise<Actor> {
    const username = `${alias}-${this.suffix}`
    const root = this.actor('root')
    const { id } = await root.ok<{ id: string }>('POST', '/users', { username, password: PASSWORD, ...(hostRole && { hostRole }) })
    for (const [team, role] of Object.entries(roles)) await root.ok('PUT', `/teams/${team}/members/${id}`, { role })
    return Actor.login(this.gateway.gateway, { username, password: PASSWORD }, id)
  }

  /** Another session of the same person. */
  login(actor: Actor): Promise<Actor> {
    return Actor.login(this.gateway.gateway, { username: actor.username, password: PASSWORD }, actor.userId)
  }

  /** Another team, whose objects go with the field. */
  async team(alias: string): Promise<Named> {
    const team = await this.actor('root').ok<Named>('POST', '/teams', { name: `${alias}-${this.suffix}` })
    this.teamIds.push(team.id)
    return team
  }

  /** The audit records since a number, in order. */
  async recordsSince(seq: number): Promise<AuditRow[]> {
    return (await this.database.query<AuditRow>('select * from audit where seq > $1 order by seq', [seq])).rows
  }

  async lastRecord(): Promise<number> {
    const { rows } = await this.database.query<{ seq: string | null }>('select max(seq) as seq from audit')
    return Number(rows[0]?.seq ?? 0)
  }

  /** What a denial must leave as it was. */
  async state(): Promise<State> {
    const rows: Record<string, readonly string[]> = { engine: await this.engineState() }
    const tables = await this.database.query<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'public'`,
    )
    for (const { name } of tables.rows.filter(({ name }) => !TRACES.has(name) && !/^(audit|kysely)/.test(name))) {
      const { rows: found } = await this.database.query<{ row: object }>(`select to_json(t) as row from ${pg.escapeIdentifier(name)} t`)
      rows[name] = found.map(({ row }) => JSON.stringify({ ...row, used_at: undefined, lease_until: undefined, until: undefined })).sort()
    }
    return rows
  }

  /** The words that the caller must not see; those of bravo's names only for who is not of it. */
  canariesFor(name: ActorName): readonly string[] {
    if (name === 'bob' || name === 'root') return []
    const { label: _label, imageLabel: _imageLabel, volumeLabel: _volumeLabel, ...content } = this.secrets
    // metadata, labels among it, is what an auditor is for
    if (name === 'aud') return Object.values(content)
    const secrets = Object.values(this.secrets)
    return [...secrets, ...Object.values(this.names), this.bravo.name, this.box.id, this.exec]
  }

  /** Ends with the field. */
  async socket(actor: Actor): Promise<RawSocket> {
    const socket = await rawSocket(this.url, { token: actor.accessToken })
    this.open.push(socket)
    return socket
  }

  async end(): Promise<void> {
    for (const socket of this.open) socket.socket.disconnect()
    // first, or it mends what is removed now
    await this.gateway.stop()
    await this.database.end()
    await this.parts.postgres.stop()
    await this.parts.registry.close()
    await this.engine.stop()
    await this.removeObjects()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }

  private async populate(): Promise<void> {
    const root = await this.gateway.admin()
    this.actors.set('root', root)
    this.actors.set('anonymous', new Actor(this.gateway.gateway, { username: 'anonymous', accessToken: null }))
    for (const team of [this.alpha, this.bravo]) {
      Object.assign(team, await root.ok<Named>('POST', '/teams', { name: team.name }))
      this.teamIds.push(team.id)
    }
    const { alpha, bravo } = this
    this.actors.set('ann', await this.user('ann', { [alpha.name]: 'developer' }))
    this.actors.set('vic', await this.user('vic', { [alpha.name]: 'viewer' }))
    this.actors.set('mia', await this.user('mia', { [alpha.name]: 'maintainer' }))
    this.actors.set('bob', await this.user('bob', { [bravo.name]: 'developer' }))
    this.actors.set('nob', await this.user('nob'))
    this.actors.set('aud', await this.user('aud', {}, 'auditor'))
    await this.plantAlpha()
  }

  private async plantAlpha(): Promise<void> {
    const ann = this.actor('ann')
    const made = await ann.ok<{ token: string }>('POST', '/me/tokens', { name: 'small', permissions: ['containers.read', 'self.read'] })
    this.actors.set('tok', new Actor(this.gateway.gateway, { username: ann.username, userId: ann.userId, accessToken: made.token }))
    await pull(ann, 'busybox:1')
    this.web = await ann.ok('POST', '/containers?start=true', { name: 'web', image: 'busybox:1', command: ['sleep', '3600'] })
    await ann.ok('POST', '/volumes', { name: 'data' })
  }

  /** A secret wherever one can be. */
  async plantBravo(): Promise<void> {
    const bob = this.actor('bob')
    const { secrets } = this
    const config = { Env: [`SECRET=${secrets.imageEnv}`], Labels: { secret: secrets.imageLabel } }
    this.names.image = await bed().uniqueImage({ files: [{ 'secret.txt': secrets.file }], config, name: `img${token()}` })
    this.job = await pull(bob, this.names.image)
    await pull(bob, 'busybox:1')
    this.imageId = (await bob.ok<{ id: string }>('GET', `/images/${encodeURIComponent(this.names.image)}`)).id
    const saved = { team: this.bravo.name, name: 'registry', url: `http://${bed().registryHost}` }
    this.registry = (await this.actor('root').ok<{ id: string }>('POST', '/registries', saved)).id
    await bob.ok('POST', '/volumes', { name: this.names.volume, labels: { secret: secrets.volumeLabel } })
    this.box = await bob.ok('POST', '/containers?start=true', {
      name: this.names.box,
      image: 'busybox:1',
      command: ['sh', '-c', 'echo $LINE; echo $CONTENT > /data/secret.txt; exec sleep 3600'],
      env: [`SECRET=${secrets.env}`, `LINE=${secrets.log}`, `CONTENT=${secrets.file}`],
      labels: { secret: secrets.label },
      mounts: [{ type: 'volume', source: this.names.volume, target: '/data' }],
    })
    const socket = await this.socket(bob)
    const shell = { container: this.names.box, command: ['sh', '-c', `: ${secrets.exec}; exec sleep 3600`] }
    const ack = await socket.ask('stream:open', { kind: 'container.exec', params: shell })
    if (!ack.ok) throw new Error(`bob's exec: ${JSON.stringify(ack.error)}`)
    const { ExecIDs } = await engineJson<{ ExecIDs: string[] | null }>(bed().socketPath, 'GET', `/containers/${this.box.id}/json`)
    this.exec = ExecIDs![0]!
  }

  private async engineState(): Promise<string[]> {
    const get = <T>(path: string) => engineJson<T>(bed().socketPath, 'GET', path)
    const [containers, volumes, networks, images] = await Promise.all([
      get<{ Id: string; Names: string[]; State: string }[]>('/containers/json?all=true'),
      get<{ Volumes: { Name: string }[] | null }>('/volumes'),
      get<{ Id: string; Name: string }[]>('/networks'),
      get<{ Id: string; RepoTags: string[] | null }[]>('/images/json'),
    ])
    const ours = (name: string) => this.isOurs(name)
    return [
      ...containers.filter(({ Names }) => Names.some(ours)).map(({ Id, Names, State }) => `container ${Id} ${Names.join()} ${State}`),
      ...(volumes.Volumes ?? []).map(({ Name }) => Name).filter(ours),
      ...networks.filter(({ Name }) => ours(Name)).map(({ Id, Name }) => `network ${Id} ${Name}`),
      ...images.flatMap(({ Id, RepoTags }) => (RepoTags ?? []).filter(ours).map((tag) => `image ${Id} ${tag}`)),
    ].sort()
  }

  private isOurs(name: string): boolean {
    const plain = name.replace(/^\//, '')
    return new RegExp(`^[a-z0-9-]+-${this.suffix}--`).test(plain) || this.teamIds.some((id) => plain.startsWith(`berth.invalid/${id}/`))
  }

  private async removeObjects(): Promise<void> {
    const { socketPath } = bed()
    const get = <T>(path: string) => engineJson<T>(socketPath, 'GET', path)
    const ours = (name: string) => this.isOurs(name)
    for (const { Id, Names } of await get<{ Id: string; Names: string[] }[]>('/containers/json?all=true'))
      if (Names.some(ours)) await engineCall(socketPath, 'DELETE', `/containers/${Id}?force=true&v=true`)
    for (const { Name } of (await get<{ Volumes: { Name: string }[] | null }>('/volumes')).Volumes ?? [])
      if (ours(Name)) await engineCall(socketPath, 'DELETE', `/volumes/${Name}?force=true`)
    for (const { Id, Name } of await get<{ Id: string; Name: string }[]>('/networks'))
      if (ours(Name)) await engineCall(socketPath, 'DELETE', `/networks/${Id}`)
    for (const { RepoTags } of await get<{ RepoTags: string[] | null }[]>('/images/json'))
      for (const tag of (RepoTags ?? []).filter(ours)) await engineCall(socketPath, 'DELETE', `/images/${tag}`)
  }
}

/** Pulls and waits for the end; answers the job. */
export async function pull(actor: Actor, reference: string): Promise<string> {
  const { body } = await actor.http.post('/images/pull').set('prefer', 'wait=30').send({ reference })
  const job = body as { id: string; state: string }
  if (job.state !== 'succeeded') throw new Error(`pull of ${reference}: ${JSON.stringify(body)}`)
  return job.id
}

function canary(what: string): string {
  return `canary-${what}-${token()}`
}

function token(): string {
  return randomBytes(6).toString('hex')
}
