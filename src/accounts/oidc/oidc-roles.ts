import { Injectable, Logger } from '@nestjs/common'
import { nowIso } from '../../common/clock.js'
import { AppError } from '../../common/errors.js'
import { MembershipStore } from '../../store/memberships.store.js'
import type { UserRow } from '../../store/schema.js'
import { TeamStore } from '../../store/teams.store.js'
import { UserStore } from '../../store/users.store.js'
import { Rights } from '../rights.js'
import type { MappedRoles } from './group-roles.js'

/** Brings somebody's roles to what their groups at the provider say. */
@Injectable()
export class OidcRoles {
  private readonly logger = new Logger('oidc')

  constructor(
    private readonly teams: TeamStore,
    private readonly memberships: MembershipStore,
    private readonly users: UserStore,
    private readonly rights: Rights,
  ) {}

  /** True when something is different now. A team or role of the mapping that there is not gives nothing, and says so in the log. */
  async apply(user: UserRow, { teams, host }: MappedRoles): Promise<boolean> {
    let changed = false
    for (const [team, role] of teams) changed = (await this.inTeam(user, team, role)) || changed
    if (host !== undefined) changed = (await this.onHost(user, host)) || changed
    return changed
  }

  private async inTeam(user: UserRow, teamName: string, name: string | null): Promise<boolean> {
    const team = await this.teams.find(teamName)
    if (!team || team.name !== teamName) return this.unknown(`team ${teamName}`)
    const now = (await this.memberships.find(team.id, user.id))?.role ?? null
    const role = name === null ? null : await this.rights.role('team', name)
    if (name !== null && !role) this.unknown(`role ${name} of teams`)
    if (now === (role?.name ?? null)) return false
    if (role) await this.memberships.put({ team_id: team.id, user_id: user.id, role: role.name, created_at: nowIso() }, !role.builtIn)
    else await this.memberships.remove(team.id, user.id)
    return true
  }

  private async onHost(user: UserRow, name: string | null): Promise<boolean> {
    const role = name === null ? null : await this.rights.role('host', name)
    if (name !== null && !role) this.unknown(`role ${name} of the host`)
    if (user.host_role === (role?.name ?? null)) return false
    try {
      await this.users.update(user.id, { host_role: role?.name ?? null }, { customRole: role?.builtIn === false })
      return true
    } catch (error) {
      // Nobody is locked out of the installation by a group that is empty.
      if (!(error instanceof AppError) || error.code !== 'LAST_ADMINISTRATOR') throw error
      this.logger.warn({ username: user.username }, 'the last administrator keeps the role, whatever their groups say')
      return false
    }
  }

  private unknown(what: string): false {
    this.logger.warn(`BERTH_OIDC_GROUP_ROLES names a ${what} that there is not`)
    return false
  }
}
