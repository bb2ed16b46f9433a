/**
 * Users, teams, images and containers for a test, and the end of all of them:
 *
 *     const s = await scenario()
 *     afterAll(() => s.end())
 *     const alpha = await s.team('alpha')
 *     const ann = await s.user('ann', { alpha: 'developer' })
 *     const web = await runContainer(ann, withName('web'), withCmd('sleep', '60'))
 *     await ann.http.post(`/containers/${web.id}/stop`).expect(200)
 *
 * Names of teams and users get a suffix of this scenario, since several gateways share the bed's engine: use `alpha.name`.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { LIBRARY, ImageReferenceStore } from '../../src/store/image-references.store.js'
import { OwnershipStore } from '../../src/store/ownership.store.js'
import { TeamStore } from '../../src/store/teams.store.js'
import { HoldingTags } from '../../src/images/holding-tags.js'
import { parseImageReference } from '../../src/common/image-reference.js'
import { Actor, type Problem } from './actor.js'
import { ADMIN, type Gateway, type GatewayOptions, startGateway } from './app.js'
import { BASE_IMAGE, bed } from './bed.js'
import { engineCall, engineJson } from './engine-http.js'

export { Actor, type Problem }
export { BASE_IMAGE }

export interface Team {
  readonly id: string
  readonly name: string
}

/** A built-in role, or one that was made. */
export type TeamRoleName = 'viewer' | 'developer' | 'maintainer' | (string & {})

export interface UserOptions {
  readonly hostRole?: 'admin' | 'auditor'
}

const PASSWORD = 'a long enough password 1'

/** Ids on the engine, and the owners of holding tags. */
interface Owned {
  readonly ids: ReadonlySet<string>
  readonly owners: readonly string[]
}

/** Everything that one test file made, on one gateway. */
export class Scenario implements AsyncDisposable {
  readonly suffix = randomBytes(3).toString('hex')
  readonly teams = new Map<string, Team>()
  private readonly others = new Set<string>()

  constructor(
    readonly gateway: Gateway,
    /** The administrator of the installation. */
    readonly admin: Actor,
    private readonly ownsGateway: boolean,
  ) {}

  get url(): string {
    return this.gateway.url
  }

  /** Who is not logged in. */
  get anonymous(): Actor {
    return new Actor(this.gateway, { username: 'anonymous', accessToken: null })
  }

  /** A new team with the bed's base image; `alias` is what `user()` calls it. */
  async team(alias: string): Promise<Team> {
    const team = await this.admin.ok<Team>('POST', '/teams', { name: `${alias}-${this.suffix}` })
    this.teams.set(alias, team)
    await this.seedImage(team)
    return team
  }

  /** A new user with a role in each of the teams, logged in. */
  async user(alias: string, roles: Readonly<Record<string, TeamRoleName>> = {}, options: UserOptions = {}): Promise<Actor> {
    const username = `${alias}-${this.suffix}`
    const user = await this.admin.ok<{ id: string }>('POST', '/users', { username, password: PASSWORD, ...options })
    for (const [team, role] of Object.entries(roles)) {
      const known = this.teams.get(team) ?? (await this.team(team))
      await this.admin.ok('PUT', `/teams/${known.name}/members/${user.id}`, { role })
    }
    return Actor.login(this.gateway, { username, password: PASSWORD }, user.id)
  }

  /** Another session of a user that `user()` made. */
  login(actor: Actor): Promise<Actor> {
    return Actor.login(this.gateway, { username: actor.username, password: PASSWORD }, actor.userId)
  }

  /** A personal token of the actor, as an actor of its own. */
  async token(actor: Actor, permissions: readonly string[], options: { team?: string; expiresAt?: string } = {}): Promise<Actor> {
    const expiresAt = options.expiresAt ?? new Date(Date.now() + 3_600_000).toISOString()
    const made = await actor.ok<{ token: string }>('POST', '/me/tokens', {
      name: `t-${randomUUID().slice(0, 8)}`,
      permissions,
      ...options,
      expiresAt,
    })
    return new Actor(this.gateway, { username: actor.username, userId: actor.userId, accessToken: made.token })
  }

  /**
   * Gives a team (or the library) a reference to an image that is on the engine, without a pull. By the store, not by the
   * API: two gateways on one engine would take each other's holding tag of the library.
   */
  async seedImage(team: Team | 'library', reference = BASE_IMAGE, engineReference = BASE_IMAGE): Promise<string> {
    const socket = bed().socketPath
    const image = await engineJson<{ Id: string }>(socket, 'GET', `/images/${engineReference}/json`)
    const owner = team === 'library' ? LIBRARY : team.id
    const { normalised } = parseImageReference(reference)
    // as a pull would leave it; else the gateway mends it at some later time
    const place = this.gateway.app.get(HoldingTags, { strict: false }).place(owner, normalised)
    await engineJson(socket, 'POST', `/images/${image.Id}/tag?repo=${place}&tag=h`)
    await this.gateway.app.get(ImageReferenceStore, { strict: false }).put({
      uid: randomUUID(),
      team_id: owner,
      reference: normalised,
      content_id: image.Id,
      digest: null,
      creator_id: null,
      created_at: new Date().toISOString(),
    })
    return image.Id
  }

  /** An object on the engine that goes with the scenario although no team of it owns it. */
  forget(kind: 'containers' | 'volumes' | 'networks' | 'images', engineId: string): void {
    this.others.add(`/${kind}/${engineId}`)
  }

  /** Removes what the teams have on the engine, in one sweep by engine name, then ends the gateway. Safe to call twice. */
  async end(): Promise<void> {
    try {
      if (this.gateway.isRunning) await this.dropReferences()
      const owned = await this.owned()
      // one that runs puts back what it still believes in
      if (this.ownsGateway) await this.gateway.halt()
      await this.sweep(owned)
    } finally {
      if (this.ownsGateway) await this.gateway.stop()
    }
  }

  /** Removes what this gateway's teams have on the engine, and keeps the gateway: for afterEach. */
  async sweep(owned?: Owned): Promise<void> {
    const socket = bed().socketPath
    const { ids, owners } = owned ?? (await this.owned())
    const teams = [...this.teams.values()]
    const mine = (id: string, names: readonly string[]) =>
      ids.has(id) || names.some((name) => teams.some((team) => name.replace(/^\//, '').startsWith(`${team.name}--`)))
    const remove = (path: string) => engineCall(socket, 'DELETE', path)
    const containers = await engineJson<{ Id: string; Names: string[] }[]>(socket, 'GET', '/containers/json?all=true')
    for (const { Id } of containers.filter(({ Id, Names }) => mine(Id, Names))) await remove(`/containers/${Id}?force=true&v=true`)
    for (const path of this.others) await remove(`${path}?force=true`)
    this.others.clear()
    const volumes = await engineJson<{ Volumes: { Name: string }[] | null }>(socket, 'GET', '/volumes')
    for (const { Name } of (volumes.Volumes ?? []).filter(({ Name }) => mine(Name, [Name]))) await remove(`/volumes/${Name}?force=true`)
    const networks = await engineJson<{ Id: string; Name: string }[]>(socket, 'GET', '/networks')
    for (const { Id } of networks.filter(({ Id, Name }) => mine(Id, [Name]))) await remove(`/networks/${Id}`)
    const images = await engineJson<{ RepoTags: string[] | null }[]>(socket, 'GET', '/images/json')
    const tags = images
      .flatMap(({ RepoTags }) => RepoTags ?? [])
      .filter((tag) => owners.some((owner) => tag.startsWith(`berth.invalid/${owner}/`)))
    for (const tag of tags) await remove(`/images/${tag}`)
  }

  /** A row that is there when its tag goes makes the gateway put the tag back. */
  private async dropReferences(): Promise<void> {
    const store = this.gateway.app.get(ImageReferenceStore, { strict: false })
    const holding = this.gateway.app.get(HoldingTags, { strict: false })
    const own = new Set([...this.teams.values()].map(({ id }) => id))
    for (const { uid, team_id: owner, reference } of await store.everything())
      if (this.ownsGateway || own.has(owner)) await store.alone(holding.place(owner, reference), () => store.remove(uid))
  }

  /** Engine ids by the ownership rows, also of the team `default`, and the owners of holding tags; while the gateway runs. */
  private async owned(): Promise<Owned> {
    const teams = [...this.teams.values()].map(({ id }) => id)
    if (!this.gateway.isRunning) return { ids: new Set(), owners: teams }
    const { app } = this.gateway
    const rows = await app.get(OwnershipStore, { strict: false }).held()
    const all = await app.get(TeamStore, { strict: false }).all()
    const library = app.get(HoldingTags, { strict: false }).owner(LIBRARY)
    return { ids: new Set(rows.flatMap((row) => row.engine_id ?? [])), owners: [...teams, ...all.map(({ id }) => id), library] }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }
}

/** A fresh gateway with its administrator; or on one that runs, which `end()` then leaves running. */
export async function scenario(on: Gateway | GatewayOptions = {}): Promise<Scenario> {
  const given = 'listen' in on
  const gateway = given ? on : await startGateway(on)
  try {
    return new Scenario(gateway, await Actor.login(gateway, ADMIN), !given)
  } catch (error) {
    if (!given) await gateway.stop()
    throw error
  }
}

export {
  type Made,
  runContainer,
  withCmd,
  withEnv,
  withImage,
  withName,
  withOpenStdin,
  withoutStart,
  withPort,
  withSpec,
  withTeam,
  withTty,
} from './containers.js'
