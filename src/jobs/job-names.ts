import { Injectable } from '@nestjs/common'
import { TeamStore } from '../store/teams.store.js'
import { UserStore } from '../store/users.store.js'

/** Names for the ids in a job's row; null when there is none any more. */
@Injectable()
export class JobNames {
  constructor(
    private readonly teams: TeamStore,
    private readonly users: UserStore,
  ) {}

  async team(id: string | null): Promise<string | null> {
    return id === null ? null : ((await this.teams.find(id))?.name ?? null)
  }

  async user(id: string): Promise<string | null> {
    return (await this.users.find(id))?.username ?? null
  }
}
