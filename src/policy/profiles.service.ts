import { Injectable } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import { effectiveProfile, grantedOf, NOTHING_GRANTED, PORT_RANGE, portRangeOf, seccompGrant } from '../admission/index.js'
import { nowIso } from '../common/clock.js'
import { AppError, type FieldError } from '../common/errors.js'
import { assertMatches } from '../common/etag.js'
import { HostExportStore } from '../store/host-exports.store.js'
import type { HostExportRow, TeamRow } from '../store/schema.js'
import { SeccompProfileStore } from '../store/seccomp-profiles.store.js'
import { TeamStore } from '../store/teams.store.js'
import type { GrantedBody, ProfileBody, TeamProfile } from './dto/profile.dto.js'
import { HostFolders } from './host-folders.js'

/** A privilege that nobody looks at again is none. */
const LONGEST_MS = 90 * 24 * 60 * 60 * 1_000

/** What each team may make, as an administrator decides it. */
@Injectable()
export class Profiles {
  constructor(
    private readonly teams: TeamStore,
    private readonly exports: HostExportStore,
    private readonly folders: HostFolders,
    private readonly seccomp: SeccompProfileStore,
  ) {}

  async inspect(grant: Grant<'ProfileInspect'>): Promise<TeamProfile> {
    const { id } = grant.target.team
    const [row, exports] = await Promise.all([this.teams.find(id), this.exports.ofTeam(id)])
    if (!row) throw new AppError('NOT_FOUND')
    return view(row, exports)
  }

  /** @throws AppError PERMISSION_DENIED, INVALID_REQUEST, PRECONDITION_FAILED */
  async put(grant: Grant<'ProfilePut'>, body: ProfileBody, ifMatch: string | undefined): Promise<TeamProfile> {
    // Whatever a role in the team may list: nobody lifts their own team.
    if (grant.principal.hostRole !== 'admin') throw new AppError('PERMISSION_DENIED', { permission: 'profiles.manage' })
    const { id } = grant.target.team
    const { granted = {} } = body
    const errors = [...expiryErrors(body), ...rangeErrors(granted)]
    const hostPaths = await this.hostPaths(granted.hostPaths ?? [], errors)
    errors.push(...(await this.seccompErrors(granted)))
    if (errors.length > 0) throw new AppError('INVALID_REQUEST', { reason: 'some fields are wrong', errors })
    const exports = await this.exports.ofTeam(id)
    const row = await this.teams.changePolicy(id, change(body, hostPaths), (now) => assertMatches(ifMatch, view(now, exports)))
    return view(row, exports)
  }

  /** A name that nobody has given yet may be given to anything later. */
  private async seccompErrors({ securityOptions = [] }: GrantedBody): Promise<FieldError[]> {
    const names = securityOptions.map(seccompGrant)
    const known = new Set((await this.seccomp.named(names.filter((name) => name !== null))).map(({ name }) => name))
    return names.flatMap((name, at) =>
      name === null || known.has(name)
        ? []
        : [{ pointer: `/granted/securityOptions/${at}`, detail: `there is no seccomp profile ${name}: name one first` }],
    )
  }

  private async hostPaths(asked: readonly string[], errors: FieldError[]): Promise<string[]> {
    const looked = await Promise.all(asked.map((path) => this.folders.look({ path, readOnly: false })))
    return looked.flatMap((found, at) => {
      if ('path' in found) return [found.path]
      errors.push({ pointer: `/granted/hostPaths/${at}`, detail: found.refused })
      return []
    })
  }
}

function expiryErrors({ profile, expiresAt }: ProfileBody): FieldError[] {
  const wrong = (detail: string) => [{ pointer: '/expiresAt', detail }]
  if (profile !== 'privileged') return expiresAt ? wrong('only the profile privileged ends') : []
  if (!expiresAt) return wrong('is required with the profile privileged')
  const end = new Date(expiresAt).toISOString()
  if (end <= nowIso()) return wrong('must be in the future')
  return end > nowIso(LONGEST_MS) ? wrong('must be 90 days ahead at most') : []
}

function rangeErrors({ portRange }: GrantedBody): FieldError[] {
  if (!portRange || portRange.first <= portRange.last) return []
  return [{ pointer: '/granted/portRange/last', detail: 'must not be below first' }]
}

function change({ profile, expiresAt, granted }: ProfileBody, hostPaths: readonly string[]) {
  const { portRange, hostPaths: _asked, ...rest } = granted ?? {}
  return {
    profile,
    profile_expires_at: expiresAt ? new Date(expiresAt).toISOString() : null,
    port_range: portRange ? `${portRange.first}-${portRange.last}` : null,
    granted: JSON.stringify({ ...NOTHING_GRANTED, ...rest, hostPaths }),
  }
}

function view(row: TeamRow, exports: readonly HostExportRow[]): TeamProfile {
  const [first, last] = row.port_range === null ? PORT_RANGE : portRangeOf(row)
  const { hostPaths, capabilities, devices, sysctls, securityOptions, runtimes, dns, cgroupParent } = grantedOf(row)
  const lists = { hostPaths, capabilities, devices, sysctls, securityOptions, runtimes, dns }
  const copied = Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, [...list]])) as unknown as Mutable<typeof lists>
  return {
    team: row.name,
    profile: row.profile,
    effective: effectiveProfile(row),
    expiresAt: row.profile_expires_at,
    granted: { ...copied, cgroupParent, portRange: { first, last } },
    exports: exports.map(({ alias, read_only }) => ({ alias, readOnly: read_only === 1 })).toSorted((a, b) => (a.alias < b.alias ? -1 : 1)),
  }
}

type Mutable<T> = { [K in keyof T]: string[] }
