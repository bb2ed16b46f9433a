import { Injectable } from '@nestjs/common'
import { nowIso } from '../common/clock.js'
import { HostExportStore } from '../store/host-exports.store.js'
import { SeccompProfileStore } from '../store/seccomp-profiles.store.js'
import type { TeamRow } from '../store/schema.js'
import { TeamStore } from '../store/teams.store.js'
import { type Granted, NOTHING_GRANTED, type Profile } from './fields/rule.js'
import { PORT_RANGE, type TeamPolicy } from './policy.js'
import { seccompGrant } from './seccomp.js'

/** What each team may make, read anew for each decision: a change, and the end of a privilege, count at once. */
@Injectable()
export class TeamPolicies {
  constructor(
    private readonly teams: TeamStore,
    private readonly exports: HostExportStore,
    private readonly seccomp: SeccompProfileStore,
  ) {}

  async of(teamId: string): Promise<TeamPolicy> {
    const [row, exports] = await Promise.all([this.teams.find(teamId), this.exports.ofTeam(teamId)])
    if (!row) throw new Error(`no team ${teamId}`)
    const granted = grantedOf(row)
    const seccomp = await this.seccomp.named(granted.securityOptions.flatMap((option) => seccompGrant(option) ?? []))
    return {
      profile: effectiveProfile(row),
      granted,
      portRange: portRangeOf(row),
      exports: exports.map(({ alias, path, read_only }) => ({ alias, path, readOnly: read_only === 1 })),
      seccomp: new Map(seccomp.map(({ name, content }) => [name, content])),
    }
  }
}

/** A privilege ends by itself: from then on the team is baseline, and what it made stays as it is. */
export function effectiveProfile({ profile, profile_expires_at: end }: Pick<TeamRow, 'profile' | 'profile_expires_at'>): Profile {
  return profile === 'privileged' && (end === null || end <= nowIso()) ? 'baseline' : profile
}

export function grantedOf({ granted }: Pick<TeamRow, 'granted'>): Granted {
  return granted === null ? NOTHING_GRANTED : { ...NOTHING_GRANTED, ...(JSON.parse(granted) as Partial<Granted>) }
}

export function portRangeOf({ port_range: range }: Pick<TeamRow, 'port_range'>): readonly [number, number] {
  const [least, most] = (range ?? '').split('-').map(Number)
  return least && most ? [least, most] : PORT_RANGE
}
