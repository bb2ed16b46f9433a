/** Two teams with one of everything, everybody who may ask, and what must not change by asking. */
import { randomUUID } from 'node:crypto'
import { io, type Socket } from 'socket.io-client'
import { Database } from '../../src/store/database.js'
import { JobStore } from '../../src/store/jobs.store.js'
import { RegistryStore } from '../../src/store/registries.store.js'
import { TerminalSessionStore } from '../../src/store/terminal-sessions.store.js'
import { TokenStore } from '../../src/store/tokens.store.js'
import { WebhookStore } from '../../src/store/webhooks.store.js'
import { UserStore } from '../../src/store/users.store.js'
import type { AuditRow } from '../../src/store/schema.js'
import { newToken } from '../../src/accounts/token-rows.js'
import type { TargetKind } from '../../src/access/index.js'
import { bed } from '../support/bed.js'
import { engineJson } from '../support/engine-http.js'
import { Actor, runContainer, type Scenario, scenario, type Team, withName, withSpec, withTeam } from '../support/scenario.js'
import { ACTORS, CUSTOM_ROLE, PROGRAM_PERMISSIONS, TOKEN_PERMISSIONS, type Which, type Who } from './model.js'

type Refs = Readonly<Record<Exclude<Which, 'none'>, string>>

/** Tables that a request may write to without having changed anything: its trace. */
const TRACES = new Set(['audit', 'events', 'event_marks', 'audit_chains', 'processes'])

/** Rows by table, and what the teams have on the engine. */
export type State = Readonly<Record<string, string[]>>

export class World {
  private readonly sockets = new Map<string, Socket>()

  private constructor(
    readonly scenario: Scenario,
    private readonly actors: ReadonlyMap<string, Actor>,
    private readonly refs: ReadonlyMap<TargetKind, Refs>,
    readonly teams: Refs,
  ) {}

  static async make(): Promise<World> {
    const s = await scenario()
    try {
      const [alpha, bravo] = [await s.team('alpha'), await s.team('bravo')]
      const actors = new Map<string, Actor>([
        ['anonymous', s.anonymous],
        ['admin', await hostActor(s, 'admin')],
        ['auditor', await hostActor(s, 'auditor')],
      ])
      for (const who of ACTORS.filter(({ loggedIn, host, cap }) => loggedIn && !host && !cap))
        actors.set(who.name, await s.user(who.name, who.role ? { alpha: who.role } : {}))
      actors.set('token', await s.token(actors.get('maintainer')!, TOKEN_PERMISSIONS, { team: alpha.name }))
      actors.set('program', await program(s, alpha))
      const refs = new Map<TargetKind, Refs>([
        ['volume', await volumes(s, alpha, bravo)],
        ['network', await networks(s, alpha, bravo)],
        ['container', await containers(s, alpha, bravo)],
        ['image', await images(s, alpha, bravo)],
        ['job', await jobs(s, alpha, bravo)],
        ['registry', await registries(s, alpha, bravo)],
        ['webhook', await webhooks(s, alpha, bravo)],
        ['terminal', { own: await terminal(s, alpha), foreign: await terminal(s, bravo), foreignName: '-', missing: randomUUID() }],
        ['serviceAccount', await serviceAccounts(s, alpha, bravo)],
        [
          'user',
          {
            own: actors.get('viewer')!.userId!,
            foreign: actors.get('nobody')!.userId!,
            foreignName: actors.get('nobody')!.username,
            missing: randomUUID(),
          },
        ],
        ['teamEntity', { own: alpha.name, foreign: bravo.id, foreignName: bravo.name, missing: randomUUID() }],
      ])
      return new World(s, actors, refs, { own: alpha.name, foreign: bravo.name, foreignName: bravo.id, missing: 'no-such-team' })
    } catch (error) {
      await s.end()
      throw error
    }
  }

  actor(who: Who): Actor {
    return this.actors.get(who.name)!
  }

  /** What a client calls the object. */
  ref(kind: TargetKind, which: Which): string {
    if (which === 'none') throw new Error('there is no object')
    return this.refs.get(kind)![which]
  }

  /** Another login of the same user, to be ended. */
  async anotherLogin(who: Who): Promise<Actor> {
    const actor = this.actor(who)
    // a token is what it is: it can't log out
    return who.cap ? actor : this.scenario.login(actor)
  }

  /** Another user, to be removed. */
  async anotherUser(): Promise<string> {
    const id = randomUUID()
    const row = {
      id,
      username: `gone-${id.slice(0, 8)}`,
      display_name: 'gone',
      password_hash: '-',
      host_role: null,
      disabled: 0,
      kind: 'user',
      team_id: null,
    } as const
    await this.get(UserStore).insert({ ...row, created_at: new Date().toISOString(), credentials_at: new Date().toISOString() })
    return id
  }

  /** Another program of the same team, to be removed. */
  async anotherServiceAccount(ref: string): Promise<string> {
    const row = await this.get(UserStore).find(ref)
    return serviceAccount(this.scenario, { id: row!.team_id!, name: '' })
  }

  /** Another webhook of the same team, to be removed. */
  async anotherWebhook(id: string): Promise<string> {
    const row = await this.get(WebhookStore).find(id)
    return webhook(this.scenario, { id: row!.team_id, name: '' })
  }

  /** Another registry of the same team, to be removed. */
  async anotherRegistry(id: string): Promise<string> {
    const row = await this.get(RegistryStore).find(id)
    return registry(this.scenario, { id: row!.team_id, name: '' })
  }

  /** The audit records of one request, in order. */
  async audit(requestId: string): Promise<AuditRow[]> {
    return this.get(Database).selectFrom('audit').selectAll().where('request_id', '=', requestId).orderBy('seq').execute()
  }

  /** Everything in the database but the traces of requests, and the teams' objects on the engine. */
  async state(): Promise<State> {
    const db = this.get(Database)
    const tables = (await db.introspection.getTables())
      .map(({ name }) => name)
      .filter((name) => !TRACES.has(name) && !name.startsWith('kysely'))
    const rows: Record<string, string[]> = { engine: await this.engineState() }
    for (const table of tables)
      rows[table] = (
        await db
          .selectFrom(table as 'users')
          .selectAll()
          .execute()
      )
        .map(withoutUse)
        .map((row) => JSON.stringify(row))
        .sort()
    return rows
  }

  /** Opens a stream and closes it again; answers the ack, or why the connection was refused. */
  async open(who: Who, message: { kind: string; params: object }): Promise<{ ok: boolean; error?: { code: string; requestId: string } }> {
    const socket = await this.socket(who)
    if (socket instanceof Error) return { ok: false, error: (socket as Error & { data: { code: string; requestId: string } }).data }
    const ack = (await socket.timeout(10_000).emitWithAck('stream:open', message)) as {
      ok: boolean
      streamId?: string
      error?: { code: string; requestId: string }
    }
    if (ack.ok)
      await socket
        .timeout(10_000)
        .emitWithAck('stream:close', { streamId: ack.streamId })
        .catch(() => undefined)
    return ack
  }

  async end(): Promise<void> {
    for (const socket of this.sockets.values()) socket.disconnect()
    await this.scenario.end()
  }

  private async socket(who: Who): Promise<Socket | Error> {
    const known = this.sockets.get(who.name)
    if (known) return known
    const socket = io(this.scenario.url, {
      transports: ['websocket'],
      auth: { token: this.actor(who).accessToken },
      reconnection: false,
      forceNew: true,
    })
    const result = await new Promise<Socket | Error>((resolve) => {
      socket.once('connect', () => resolve(socket)).once('connect_error', resolve)
    })
    if (result instanceof Error) socket.disconnect()
    else this.sockets.set(who.name, socket)
    return result
  }

  private async engineState(): Promise<string[]> {
    const all = await engineJson<{ Id: string; Names: string[]; State: string }[]>(bed().socketPath, 'GET', '/containers/json?all=true')
    const mine = all.filter(({ Names }) => Names.some((name) => name.includes(`-${this.scenario.suffix}--`)))
    const images = await engineJson<{ Id: string; RepoTags: string[] | null }[]>(bed().socketPath, 'GET', '/images/json')
    const tags = images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((tag) => tag.startsWith('berth.invalid/'))
    const teams = [...this.scenario.teams.values()].map(({ id }) => id)
    return [
      ...mine.map(({ Id, Names, State }) => `${Id} ${Names.join()} ${State}`),
      ...tags.filter((tag) => teams.some((id) => tag.includes(id))),
    ].sort()
  }

  private get<T>(type: abstract new (...args: never[]) => T): T {
    return this.scenario.gateway.app.get<T>(type, { strict: false })
  }
}

/** When something was used last is a trace too. */
function withoutUse(row: object): object {
  return { ...row, used_at: undefined }
}

function hostActor(s: Scenario, hostRole: 'admin' | 'auditor'): Promise<Actor> {
  return s.user(hostRole, {}, { hostRole })
}

async function containers(s: Scenario, alpha: Team, bravo: Team): Promise<Refs> {
  const own = await runContainer(s.admin, withTeam(alpha.name), withName('matrix-own'), mounted('matrix-own'))
  const foreign = await runContainer(s.admin, withTeam(bravo.name), withName('matrix-foreign'), mounted('matrix-foreign'))
  return { own: own.name, foreign: foreign.id, foreignName: foreign.name, missing: '0123456789abcdef'.repeat(4) }
}

/** Keeps the volume and the network of that name in use. */
const mounted = (name: string) => withSpec({ mounts: [{ type: 'volume', source: name, target: '/data' }], network: name })

async function networks(s: Scenario, alpha: Team, bravo: Team): Promise<Refs> {
  await s.admin.ok('POST', '/networks', { team: alpha.name, name: 'matrix-own' })
  const { id } = await s.admin.ok<{ id: string }>('POST', '/networks', { team: bravo.name, name: 'matrix-foreign' })
  return { own: 'matrix-own', foreign: id, foreignName: 'matrix-foreign', missing: '0123456789abcdef'.repeat(4) }
}

async function volumes(s: Scenario, alpha: Team, bravo: Team): Promise<Refs> {
  await s.admin.ok('POST', '/volumes', { team: alpha.name, name: 'matrix-own' })
  await s.admin.ok('POST', '/volumes', { team: bravo.name, name: 'matrix-foreign' })
  // volumes have no ids
  return { own: 'matrix-own', foreign: 'matrix-foreign', foreignName: 'matrix-foreign', missing: 'matrix-missing' }
}

async function images(s: Scenario, alpha: Team, bravo: Team): Promise<Refs> {
  await s.seedImage(alpha, 'matrix/own:1')
  await s.seedImage(bravo, 'matrix/foreign:1')
  return { own: 'matrix/own:1', foreign: 'matrix/foreign:1', foreignName: 'matrix/foreign:1', missing: 'matrix/missing:1' }
}

/** A session that was recorded elsewhere: by the store, since none of the matrix' containers has a terminal. */
async function terminal(s: Scenario, team: Team): Promise<string> {
  const id = randomUUID()
  const at = new Date().toISOString()
  const place = { container_id: 'f'.repeat(64), container: 'gone', process_id: randomUUID(), gateway: 'elsewhere:7070' }
  const exec = { kind: 'exec', tty: 1, exec: null, marker: null, run_as: null, recorded: 1 } as const
  const end = { started_at: at, ended_at: at, end_reason: 'exited', exit_code: 0 }
  const owner = { owner_id: randomUUID(), owner: 'somebody' }
  await s.gateway.app.get(TerminalSessionStore, { strict: false }).insert({ id, team_id: team.id, ...place, ...exec, ...end, ...owner })
  return id
}

async function registries(s: Scenario, alpha: Team, bravo: Team): Promise<Refs> {
  return { own: await registry(s, alpha), foreign: await registry(s, bravo), foreignName: '-', missing: randomUUID() }
}

/** A team has each address once. */
let lastPort = 0

/** By the store: the API would ask it first. Its address is the gateway's own, so nothing is ever asked there. */
async function webhooks(s: Scenario, alpha: Team, bravo: Team): Promise<Refs> {
  return { own: await webhook(s, alpha), foreign: await webhook(s, bravo), foreignName: '-', missing: randomUUID() }
}

/** It has been told of all that will ever happen, so that it stays as it is. */
async function webhook(s: Scenario, team: Team): Promise<string> {
  const id = randomUUID()
  const nothing = { tried_to: null, failures: 0, next_at: null, delivered_at: null, problem: null, creator_id: null }
  const what = { team_id: team.id, url: 'https://hooks.invalid/', secret: '-', wanted: '{"kinds":[],"actions":[],"names":[]}' }
  const row = { id, ...what, ...nothing, cursor: 1e12, created_at: new Date().toISOString() }
  await s.gateway.app.get(WebhookStore, { strict: false }).insert(row, 1_000)
  return id
}

async function registry(s: Scenario, team: Team): Promise<string> {
  const id = randomUUID()
  const now = new Date().toISOString()
  const address = `127.0.0.1:${++lastPort}`
  const nothing = { username: null, password: null, token_host: null, ca_certificate: null, creator_id: null }
  const row = {
    id,
    team_id: team.id,
    name: id,
    url: `http://${address}`,
    address,
    ...nothing,
    login: 'none',
    created_at: now,
    updated_at: now,
  } as const
  await s.gateway.app.get(RegistryStore, { strict: false }).insert(row)
  return id
}

async function jobs(s: Scenario, alpha: Team, bravo: Team): Promise<Refs> {
  const store = s.gateway.app.get(JobStore, { strict: false })
  const ended = async (team: Team): Promise<string> => {
    const id = randomUUID()
    const now = new Date().toISOString()
    const what = {
      kind: 'images.pull',
      operation: 'ImageCreate',
      subject: JSON.stringify({ reference: 'x:1' }),
      progress: '[]',
      result: '{}',
      error: null,
    }
    await store.insert({
      id,
      ...what,
      team_id: team.id,
      creator_id: s.admin.userId ?? 'x',
      state: 'succeeded',
      request_id: 'x',
      process_id: 'x',
      created_at: now,
      ended_at: now,
    })
    return id
  }
  return { own: await ended(alpha), foreign: await ended(bravo), foreignName: '-', missing: randomUUID() }
}

async function serviceAccounts(s: Scenario, alpha: Team, bravo: Team): Promise<Refs> {
  const foreign = await serviceAccount(s, bravo)
  const { username } = await s.admin.ok<{ username: string }>('GET', `/service-accounts/${foreign}`)
  return { own: await serviceAccount(s, alpha), foreign, foreignName: username, missing: randomUUID() }
}

async function serviceAccount(s: Scenario, team: Pick<Team, 'id' | 'name'>, role = 'viewer'): Promise<string> {
  const body = { team: team.id, name: `p-${randomUUID().slice(0, 8)}`, role }
  return (await s.admin.ok<{ id: string }>('POST', '/service-accounts', body)).id
}

/** A program with a role that was made; its token lists other permissions than the role holds. */
async function program(s: Scenario, team: Team): Promise<Actor> {
  await s.admin.ok('POST', '/roles', { name: 'custom', scope: 'team', permissions: CUSTOM_ROLE })
  const id = await serviceAccount(s, team, 'custom')
  const row = await s.gateway.app.get(UserStore, { strict: false }).find(id)
  // by the store: the API refuses to list what the account does not hold
  const { token, row: tokenRow } = newToken({
    userId: id,
    name: 't',
    permissions: PROGRAM_PERMISSIONS,
    teamId: team.id,
    expiresAt: undefined,
  })
  await s.gateway.app.get(TokenStore, { strict: false }).insert(tokenRow)
  return new Actor(s.gateway, { username: row!.username, userId: id, accessToken: token })
}
