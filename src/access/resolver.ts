import { Injectable } from '@nestjs/common'
import { AppError } from '../common/errors.js'
import { parseImageReference } from '../common/image-reference.js'
import { Inventory } from '../engine/index.js'
import { ImageReferenceStore, LIBRARY } from '../store/image-references.store.js'
import { JobStore } from '../store/jobs.store.js'
import { OwnershipStore } from '../store/ownership.store.js'
import { RegistryStore } from '../store/registries.store.js'
import type { ImageReferenceRow } from '../store/schema.js'
import { TerminalSessionStore } from '../store/terminal-sessions.store.js'
import { UserStore } from '../store/users.store.js'
import { WebhookStore } from '../store/webhooks.store.js'
import { assertObjectReference, assertVolumeName } from './names.js'
import type { OperationRow } from './operations.js'
import { type Principal, seesTeam, type TeamRef } from './principal.js'
import type {
  ImageTarget,
  JobTarget,
  OwnedTarget,
  RegistryTarget,
  ServiceAccountTarget,
  Target,
  TerminalTarget,
  UserTarget,
  WebhookTarget,
} from './targets.js'
import { Teams } from './teams.js'
import { Witness } from './witness.js'

/** What a client said about its target: never trusted, never passed on, only looked up. */
export interface Pointer {
  /** `{ref}`, `{id}`, `{name}` or `{team}` of the path, or the stream's object. */
  readonly ref?: string | undefined
  /** `?team=`, or `team` of the body or params. */
  readonly team?: string | undefined
  /** What in the target, for the audit log alone: nothing is decided by it. */
  readonly part?: string | undefined
  /** Who or what of ours it is about beside the target, and the role that is given: for the audit log alone. */
  readonly detail?: string | undefined
}

/** Turns a client's reference into one pinned target, looking only at what the caller may see. Resolved once per request. */
@Injectable()
export class Resolver {
  constructor(
    private readonly teams: Teams,
    private readonly ownership: OwnershipStore,
    private readonly references: ImageReferenceStore,
    private readonly jobs: JobStore,
    private readonly users: UserStore,
    private readonly registries: RegistryStore,
    private readonly terminals: TerminalSessionStore,
    private readonly webhooks: WebhookStore,
    private readonly inventory: Inventory,
    private readonly witness: Witness,
  ) {}

  /** @throws AppError NOT_FOUND for the missing and the foreign alike, INVALID_REFERENCE, AMBIGUOUS_REFERENCE, TEAM_REQUIRED. */
  async resolve(row: OperationRow, principal: Principal, pointer: Pointer): Promise<Target> {
    switch (row.target) {
      case 'public':
      case 'self':
      case 'host':
        return { kind: row.target }
      case 'scope':
        return { kind: 'scope', teams: await this.visibleTeams(principal, pointer.team) }
      case 'team':
        return { kind: 'team', team: await this.teamForCreation(principal, pointer.team) }
      case 'teamEntity':
        return { kind: 'teamEntity', team: await this.teams.visible(principal, plain(pointer.ref)) }
      case 'user':
        return this.user(plain(pointer.ref))
      case 'serviceAccount':
        return this.serviceAccount(principal, plain(pointer.ref))
      case 'job':
        return this.job(principal, plain(pointer.ref))
      case 'registry':
        return this.registry(principal, pointer)
      case 'webhook':
        return this.webhook(principal, plain(pointer.ref))
      case 'terminal':
        return this.terminal(principal, plain(pointer.ref))
      case 'image':
        return this.image(row, principal, pointer)
      case 'container':
      case 'volume':
      case 'network':
        return this.owned(row.target, row, principal, pointer)
    }
  }

  private async visibleTeams(principal: Principal, team: string | undefined): Promise<TeamRef[]> {
    return team === undefined ? this.teams.allVisible(principal) : [await this.teams.visible(principal, team)]
  }

  private async teamForCreation(principal: Principal, team: string | undefined): Promise<TeamRef> {
    if (team !== undefined) return this.teams.visible(principal, team)
    const own = [...principal.memberships.values()].map((m) => m.team).filter((t) => seesTeam(principal, t.id))
    if (own.length === 1) return own[0]!
    throw new AppError('TEAM_REQUIRED', { count: own.length, errors: [{ pointer: '/team', detail: 'is required' }] })
  }

  private async owned<K extends 'container' | 'volume' | 'network'>(
    kind: K,
    row: OperationRow,
    principal: Principal,
    pointer: Pointer,
  ): Promise<OwnedTarget<K>> {
    const ref = required(pointer.ref)
    if (kind === 'volume') assertVolumeName(ref)
    else assertObjectReference(ref)
    const teams = await this.visibleTeams(principal, pointer.team)
    const visible = { teamIds: teams.map((team) => team.id) }
    // A full id is never a name: one question less.
    let rows = kind !== 'volume' && /^[0-9a-f]{64}$/.test(ref) ? [] : await this.ownership.byName(kind, ref, visible)
    // An exact name wins over an id prefix: only the full id goes on, so nobody can be lured to another's object.
    if (rows.length === 0 && kind !== 'volume' && /^[0-9a-f]{4,64}$/.test(ref)) rows = await this.ownership.byIdPrefix(kind, ref, visible)
    const live = rows.filter((candidate) => candidate.engine_id !== null && this.witness.agrees(candidate))
    if (live.length > 1) {
      const names = live.map((candidate) => teams.find((team) => team.id === candidate.team_id)!.name)
      throw new AppError('AMBIGUOUS_REFERENCE', { errors: names.map((name) => ({ pointer: '/team', detail: `matches in team ${name}` })) })
    }
    const found = live[0]
    if (found) {
      const team = teams.find((candidate) => candidate.id === found.team_id)!
      return { kind, team, uid: found.uid, name: found.name, engineId: found.engine_id! }
    }
    if (row.unowned && principal.hostRole !== null && pointer.team === undefined) return this.unowned(kind, ref)
    throw new AppError('NOT_FOUND')
  }

  /** What was made beside the gateway, by full engine id only. */
  private async unowned<K extends 'container' | 'volume' | 'network'>(kind: K, ref: string): Promise<OwnedTarget<K>> {
    const entry = kind === 'container' ? this.inventory.containers.get(ref) : undefined
    if (!entry || (await this.ownership.byEngineId(kind, ref))) throw new AppError('NOT_FOUND')
    return { kind, team: null, uid: null, name: entry.engineName, engineId: entry.id }
  }

  private async image(row: OperationRow, principal: Principal, pointer: Pointer): Promise<ImageTarget> {
    const ref = required(pointer.ref)
    const teams = await this.visibleTeams(principal, pointer.team)
    const visible = { teamIds: [...teams.map((t) => t.id), LIBRARY] }
    const byId = /^sha256:[0-9a-f]{64}$/.test(ref)
    const rows = byId ? await this.references.byContent(ref, visible) : await this.imageByReference(ref, visible)
    const own = rows.filter((candidate) => candidate.team_id !== LIBRARY)
    const owners = new Set(own.map((candidate) => candidate.team_id))
    // The same id is the same content in every team: reading it is not ambiguous, removing references to it is.
    if (owners.size > 1 && !(byId && row.effect === 'read')) {
      const names = teams.filter((t) => owners.has(t.id)).map((t) => t.name)
      throw new AppError('AMBIGUOUS_REFERENCE', { errors: names.map((name) => ({ pointer: '/team', detail: `matches in team ${name}` })) })
    }
    const found = own[0] ?? rows[0]
    if (!found) throw new AppError('NOT_FOUND')
    const owner = teams.find((candidate) => candidate.id === found.team_id) ?? { id: LIBRARY, name: LIBRARY }
    return {
      kind: 'image',
      team: owner,
      reference: byId ? null : found.reference,
      contentId: found.content_id,
      library: owner.id === LIBRARY,
    }
  }

  private async imageByReference(ref: string, visible: { teamIds: string[] }): Promise<ImageReferenceRow[]> {
    const parsed = parseImageReference(ref)
    const exact = await this.references.byReference(parsed.normalised, visible)
    if (exact.length > 0 || parsed.digest === null) return exact
    // name@digest also finds what was pulled by tag and turned out to be that digest.
    const same = await this.references.byDigest(parsed.digest, visible)
    const name = `${parsed.registry}/${parsed.repository}`
    return same.filter((row) => row.reference.startsWith(`${name}:`) || row.reference.startsWith(`${name}@`))
  }

  private async webhook(principal: Principal, id: string): Promise<WebhookTarget> {
    const webhook = await this.webhooks.find(id)
    if (!webhook) throw new AppError('NOT_FOUND')
    return { kind: 'webhook', id: webhook.id, team: await this.teams.visible(principal, webhook.team_id) }
  }

  private async job(principal: Principal, id: string): Promise<JobTarget> {
    const job = await this.jobs.find(id)
    if (!job) throw new AppError('NOT_FOUND')
    if (job.team_id === null) {
      if (principal.hostRole === null) throw new AppError('NOT_FOUND')
      return { kind: 'job', id: job.id, team: null }
    }
    return { kind: 'job', id: job.id, team: await this.teams.visible(principal, job.team_id) }
  }

  private async registry(principal: Principal, pointer: Pointer): Promise<RegistryTarget> {
    const registry = await this.registries.find(plain(pointer.ref))
    if (!registry) throw new AppError('NOT_FOUND')
    const title = [`${registry.name} (${registry.address})`, ...(pointer.part === undefined ? [] : [pointer.part])].join(' ')
    return { kind: 'registry', id: registry.id, team: await this.teams.visible(principal, registry.team_id), title }
  }

  private async terminal(principal: Principal, id: string): Promise<TerminalTarget> {
    const session = await this.terminals.find(id)
    if (!session?.team_id) throw new AppError('NOT_FOUND')
    return { kind: 'terminal', id: session.id, team: await this.teams.visible(principal, session.team_id) }
  }

  private async user(ref: string): Promise<UserTarget> {
    const user = await this.users.find(ref)
    // A team's own: reached only through it, or its passwords, roles and tokens would be nobody's decision.
    if (!user || user.kind !== 'user') throw new AppError('NOT_FOUND')
    return { kind: 'user', id: user.id, name: user.username }
  }

  private async serviceAccount(principal: Principal, ref: string): Promise<ServiceAccountTarget> {
    const account = await this.users.find(ref)
    if (account?.kind !== 'service' || account.team_id === null) throw new AppError('NOT_FOUND')
    return { kind: 'serviceAccount', id: account.id, name: account.username, team: await this.teams.visible(principal, account.team_id) }
  }
}

/** Ids and names of ours: checked before the database is asked, since PostgreSQL has an error of its own for some characters. */
function plain(ref: string | undefined): string {
  const given = required(ref)
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(given)) return given
  throw new AppError('INVALID_REFERENCE', { reason: 'use an id or a name' })
}

function required(ref: string | undefined): string {
  if (ref === undefined) throw new AppError('INVALID_REFERENCE', { reason: 'it is missing' })
  return ref
}
