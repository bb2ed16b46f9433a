import { Injectable, Logger } from '@nestjs/common'
import { type Grant, Ownership, ownScopeOf, type TeamRef } from '../access/index.js'
import { hasLabel } from '../admission/index.js'
import { AppError, type ErrorCode } from '../common/errors.js'
import { Engine } from '../engine/index.js'
import type { OwnershipRow } from '../store/schema.js'
import type { PrunedVolume, PrunedVolumes, PruneVolumesQuery } from './dto/volume.dto.js'
import { VolumeViews } from './volume-views.js'

interface Unused {
  readonly row: OwnershipRow
  readonly team: TeamRef
  /** Its name on the engine. */
  readonly id: string
}

/** After these a prune goes on with the others. */
const STAYS: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['CONFLICT', 'NOT_FOUND', 'ENGINE_ERROR'])

/** Removes what nothing uses. The engine's own prune knows no teams, so it is never asked. */
@Injectable()
export class VolumePrune {
  private readonly logger = new Logger('volumes')

  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly views: VolumeViews,
  ) {}

  /** Those that no container mounts, running or not. What somebody uses by now stays. */
  async prune(grant: Grant<'VolumePrune'>, query: PruneVolumesQuery): Promise<PrunedVolumes> {
    const unused = await this.unused(ownScopeOf(grant), query)
    const sizes = unused.length > 0 ? await this.sizes() : new Map<string, number>()
    const removed: PrunedVolume[] = []
    for (const { row, team, id } of unused)
      if (await this.remove(id, row.uid)) removed.push({ name: row.name, team: team.name, size: sizes.get(id) ?? null })
    return { removed, reclaimed: removed.reduce((sum, { size }) => sum + (size ?? 0), 0) }
  }

  private async unused(teams: ReadonlyMap<string, TeamRef>, { all = false, label = [] }: PruneVolumesQuery): Promise<Unused[]> {
    const teamIds = [...teams.keys()]
    const [rows, usage] = await Promise.all([this.ownership.owned('volume', teamIds), this.views.usage(teamIds)])
    return rows.flatMap((row) => {
      const entry = this.engine.inventory.volumes.get(row.engine_id ?? '')
      const team = teams.get(row.team_id)
      if (!entry || !team || usage.has(entry.id) || !label.every((wanted) => hasLabel(entry.labels, wanted))) return []
      return all || this.views.view(entry, { team, name: row.name }, usage).anonymous ? [{ row, team, id: entry.id }] : []
    })
  }

  private async sizes(): Promise<Map<string, number>> {
    const { df } = await this.engine.usage.measure()
    return new Map((df.Volumes ?? []).flatMap(({ Name, UsageData }) => ((UsageData?.Size ?? -1) >= 0 ? [[Name, UsageData!.Size]] : [])))
  }

  private async remove(id: string, uid: string): Promise<boolean> {
    try {
      await this.engine.volumes.remove(id)
    } catch (error) {
      // Somebody mounts it by now, or removed it; what the engine fails to remove is no reason to keep the others.
      if (!(error instanceof AppError) || !STAYS.has(error.code)) throw error
      if (error.code === 'ENGINE_ERROR') this.logger.warn({ err: error, volume: id }, 'a volume could not be pruned')
      return false
    }
    await this.engine.inventory.refresh('volume', id)
    await this.ownership.end(uid)
    return true
  }
}
