import { Injectable } from '@nestjs/common'
import { AppError } from '../common/errors.js'
import { TeamStore } from '../store/teams.store.js'
import { type Principal, seesTeam, type TeamRef } from './principal.js'

/** Teams as a principal may know of them. */
@Injectable()
export class Teams {
  constructor(private readonly store: TeamStore) {}

  /** @throws AppError NOT_FOUND for the missing and the foreign alike. */
  async visible(principal: Principal, ref: string): Promise<TeamRef> {
    // neither a name nor an id, and PostgreSQL has an error of its own for NUL
    if (!/^[A-Za-z0-9-]{1,64}$/.test(ref)) throw new AppError('NOT_FOUND')
    const row = principal.hostRole === null ? own(principal).find(({ id, name }) => id === ref || name === ref) : await this.store.find(ref)
    if (!row || !seesTeam(principal, row.id)) throw new AppError('NOT_FOUND')
    return { id: row.id, name: row.name }
  }

  async allVisible(principal: Principal): Promise<TeamRef[]> {
    const rows = principal.hostRole === null ? own(principal) : await this.store.all()
    return rows.filter((row) => seesTeam(principal, row.id)).map(({ id, name }) => ({ id, name }))
  }
}

/** Who has no role on the host sees the teams of its roles, which the principal knows: no question to the database. By name. */
function own({ memberships }: Principal): TeamRef[] {
  return [...memberships.values()].map(({ team }) => team).toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
