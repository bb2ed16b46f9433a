import { Injectable } from '@nestjs/common'
import { nowIso } from '../common/clock.js'
import { HostExportStore } from '../store/host-exports.store.js'
import type { TeamRow } from '../store/schema.js'
import { TeamStore } from '../store/teams.store.js'
import { type Granted, NOTHING_GRANTED, type Profile } from './fields/rule.js'
import { PORT_RANGE, type TeamPolicy } from './policy.js'

/** What each team may make, read anew for each decision: a change, and the end of a privilege, count at once. */
@Injectable()
export class TeamPolicies {
  constructor(
    private readonly teams: TeamStore,
    private readonly exports: HostExportStore,
  ) {}

  async of(teamId: string): Promise<TeamPolicy> {
    const [row, exports] = await Promise.all([this.teams.find(teamId), this.exports.ofTeam(teamId)])
    if (!row) throw new Error(`no team ${teamId}`)
    return {
      profile: effectiveProfile(row),
      granted: grantedOf(row),
      portRange: portRangeOf(row),
      exports: exports.map(({ alias, path, read_only }) => ({ alias, path, readOnly: read_only === 1 })),
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
