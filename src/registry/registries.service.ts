import { Injectable } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import { type Grant, scopeOf, type TeamRef } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import { assertMatches } from '../common/etag.js'
import { pageOf } from '../common/paging.js'
import { isUniqueViolation } from '../store/database.js'
import { RegistryStore } from '../store/registries.store.js'
import type { RegistryRow } from '../store/schema.js'
import type {
  CreateRegistryBody,
  ListRegistriesQuery,
  Registry,
  RegistryCheckResult,
  RegistryPage,
  UpdateRegistryBody,
} from './dto/registry.dto.js'
import { EngineReadiness } from './engine-readiness.js'
import { RegistryIdentities } from './registry-identities.js'
import { changed, drafted, type Draft, isSameDoor } from './registry-draft.js'
import type { RegistryIdentity } from './registry-session.js'

/** Registries of the teams. What is saved was tried; a password goes in and never comes out. */
@Injectable()
export class Registries {
  constructor(
    private readonly store: RegistryStore,
    private readonly identities: RegistryIdentities,
    private readonly engine: EngineReadiness,
  ) {}

  async list(grant: Grant<'RegistryList'>, query: ListRegistriesQuery): Promise<RegistryPage> {
    const teams = scopeOf(grant)
    const rows = await this.store.inTeams({ teamIds: [...teams.keys()] })
    const all = rows.map((row) => view(row, teams.get(row.team_id)!))
    return pageOf(all, { key: ({ name, team }) => `${name} ${team}` }, query)
  }

  async inspect(grant: Grant<'RegistryInspect'>): Promise<Registry> {
    return view(await this.row(grant.target.id), grant.target.team)
  }

  /** @throws AppError NAME_IN_USE, CONFLICT, REGISTRY_… when it does not take the credential, and then nothing is kept */
  async create(grant: Grant<'RegistryCreate'>, body: CreateRegistryBody): Promise<Registry> {
    const { team } = grant.target
    const id = randomUUID()
    const row = { id, team_id: team.id, creator_id: grant.principal.userId, created_at: nowIso() }
    const saved = { ...row, ...(await this.tried(row, drafted(body))) }
    await taking(saved, () => this.store.insert(saved))
    return view(saved, team)
  }

  /** @throws AppError as create, PRECONDITION_FAILED, and CONFLICT when somebody else changed it meanwhile */
  async update(grant: Grant<'RegistryUpdate'>, body: UpdateRegistryBody, ifMatch: string | undefined): Promise<Registry> {
    const row = await this.row(grant.target.id)
    assertMatches(ifMatch, view(row, grant.target.team))
    const before = { ...row, credential: this.keptBy(row, body) }
    const draft = changed(before, body)
    // a new name needs no registry that answers
    const saved = isSameDoor(before, draft)
      ? { ...row, name: draft.name, updated_at: nowIso() }
      : { ...row, ...(await this.tried(row, draft)) }
    const { id: _id, team_id: _team, creator_id: _creator, created_at: _created, ...change } = saved
    const done = await taking(saved, () => this.store.update(row, change))
    if (!done) throw new AppError('CONFLICT', { reason: 'it was changed at the same time' })
    return view(saved, grant.target.team)
  }

  /** Would `create` do it? Asks the registry, and keeps nothing. */
  async tryCreate(grant: Grant<'RegistryCreate'>, body: CreateRegistryBody): Promise<void> {
    const draft = drafted(body)
    await this.assertFree(grant.target.team.id, draft)
    await this.identities.sessionOf(draft).verify()
  }

  /** Would `update` do it? */
  async tryUpdate(grant: Grant<'RegistryUpdate'>, body: UpdateRegistryBody, ifMatch: string | undefined): Promise<void> {
    const row = await this.row(grant.target.id)
    assertMatches(ifMatch, view(row, grant.target.team))
    const before = { ...row, credential: this.keptBy(row, body) }
    const draft = changed(before, body)
    await this.assertFree(row.team_id, draft, row.id)
    if (!isSameDoor(before, draft)) await this.identities.sessionOf(draft).verify()
  }

  /** Images that were pulled from it stay. */
  async remove(grant: Grant<'RegistryDelete'>): Promise<void> {
    if (!(await this.store.delete(grant.target.id))) throw new AppError('NOT_FOUND')
  }

  /** @throws AppError REGISTRY_… with what is wrong now */
  async check(grant: Grant<'RegistryCheck'>): Promise<RegistryCheckResult> {
    const row = await this.row(grant.target.id)
    return { login: await this.identities.session(row).verify(), warnings: await this.engine.warnings(row) }
  }

  /** For dry runs; else the unique indexes decide. */
  private async assertFree(teamId: string, draft: Draft, ownId?: string): Promise<void> {
    const others = (await this.store.inTeams({ teamIds: [teamId] })).filter(({ id }) => id !== ownId)
    if (others.some(({ address }) => address === draft.address)) throw addressInUse(draft)
    if (others.some(({ name }) => name === draft.name)) throw nameInUse(draft)
  }

  /** The kept password is opened only where it is needed: one that opens no more must not stop a new one from being saved. */
  private keptBy(row: RegistryRow, { username, password }: UpdateRegistryBody): RegistryIdentity['credential'] {
    if (password === undefined && username !== null) return this.identities.identity(row).credential
    return row.username === null ? null : { username: row.username, password: '' }
  }

  /** Asks the registry, and answers what may be written. */
  private async tried(
    { id, team_id }: Pick<RegistryRow, 'id' | 'team_id'>,
    draft: Draft,
  ): Promise<Omit<RegistryRow, 'id' | 'team_id' | 'creator_id' | 'created_at'>> {
    const { name, url, address, tokenHost, ca, credential } = draft
    const login = await this.identities.sessionOf(draft).verify()
    const row = { id, team_id, name, url, address, token_host: tokenHost, ca_certificate: ca, login, updated_at: nowIso() }
    const password = credential && (await this.identities.seal(row, credential.password))
    return { ...row, username: credential?.username ?? null, password }
  }

  private async row(id: string): Promise<RegistryRow> {
    const row = await this.store.find(id)
    if (!row) throw new AppError('NOT_FOUND')
    return row
  }
}

/** A write that takes a name and an address, of which a team has each once: the unique indexes decide. */
async function taking<T>({ name, address }: Pick<RegistryRow, 'name' | 'address'>, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw /address/.test(String(error)) ? addressInUse({ address }) : nameInUse({ name })
  }
}

function addressInUse({ address }: Pick<RegistryRow, 'address'>): AppError {
  return new AppError('CONFLICT', { reason: `the team has a registry at ${address} already` })
}

function nameInUse({ name }: Pick<RegistryRow, 'name'>): AppError {
  return new AppError('NAME_IN_USE', { name, errors: [{ pointer: '/name', detail: 'is in use' }] })
}

/** Field by field: what is not named here is not shown. */
function view(row: RegistryRow, team: TeamRef): Registry {
  return {
    id: row.id,
    team: team.name,
    name: row.name,
    url: row.url,
    address: row.address,
    username: row.username,
    login: row.login,
    tokenHost: row.token_host,
    caCertificate: row.ca_certificate,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
