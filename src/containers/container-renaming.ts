import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { engineName, Ownership, type TeamRef } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { type Joined, TeamNetworks } from '../common/team-network.js'
import { Engine, Passes } from '../engine/index.js'
import { RenameStore } from '../store/renames.store.js'
import type { OwnershipRow } from '../store/schema.js'
import { TeamStore } from '../store/teams.store.js'

/**
 * Changes what a container is called: its row, its name on the engine, its alias on each network. The row decides; a rename
 * that was begun is written down, so that whatever cuts it off, the engine is brought in line with the row later.
 */
@Injectable()
export class ContainerRenaming implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('containers')
  private readonly passes: Passes

  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly networks: TeamNetworks,
    private readonly renames: RenameStore,
    private readonly teams: TeamStore,
  ) {
    this.passes = new Passes(engine, this.logger, () => this.finishAll())
  }

  onApplicationBootstrap(): void {
    this.passes.start()
  }

  onApplicationShutdown(): Promise<void> {
    return this.passes.stop()
  }

  /** True when that cut connections of the container. @throws AppError NAME_IN_USE, NOT_FOUND, engine errors: then nothing has changed */
  rename(uid: string, team: TeamRef, name: string): Promise<boolean> {
    return this.renames.alone(uid, async () => {
      const before = await this.live(uid)
      if (!before) throw new AppError('NOT_FOUND')
      if (before.name === name) return false
      await this.renames.begin(uid, await this.networks.joined({ team, engineId: before.engine_id! }, before.name))
      // The row first: it decides, and its unique index is what two renames at once meet.
      try {
        await this.ownership.rename(before, name)
      } catch (error) {
        await this.align(uid, team)
        throw error
      }
      try {
        return await this.align(uid, team)
      } catch (error) {
        await this.takeBack(before, team)
        throw error instanceof AppError && error.code === 'NAME_IN_USE' ? new AppError('NAME_IN_USE', { name }, { cause: error }) : error
      }
    })
  }

  /** What failures and crashes left. */
  private async finishAll(): Promise<void> {
    for (const { uid } of await this.renames.all()) {
      await this.renames.alone(uid, async () => {
        const row = await this.live(uid)
        const team = row && (await this.teams.find(row.team_id))
        if (team) await this.align(uid, { id: team.id, name: team.name })
        else await this.renames.end(uid)
      })
    }
  }

  /** Never throws: the error that led here is the one to tell, and what can't be undone now is the next pass's work. */
  private async takeBack(before: OwnershipRow, team: TeamRef): Promise<void> {
    try {
      await this.ownership.rename(before, before.name)
      await this.align(before.uid, team)
    } catch (error) {
      this.logger.warn({ err: error, uid: before.uid }, 'a rename that failed could not be taken back yet')
    }
  }

  /** Makes the engine call it what the row says. */
  private async align(uid: string, team: TeamRef): Promise<boolean> {
    const begun = await this.renames.find(uid)
    const row = await this.live(uid)
    if (!begun || !row) return false
    const id = row.engine_id!
    const wanted = engineName(team.name, row.name)
    const entry = await this.engine.inventory.refresh('container', id)
    if (entry && entry.engineName !== wanted) await this.engine.containers.rename(id, wanted)
    const cut = await this.networks.alias({ team, engineId: id }, row.name, JSON.parse(begun.networks) as Joined[])
    await this.renames.end(uid)
    return cut
  }

  private async live(uid: string): Promise<OwnershipRow | null> {
    const row = await this.ownership.store.byUid(uid)
    return row?.state === 'live' && row.engine_id !== null ? row : null
  }
}
