import { Injectable } from '@nestjs/common'
import { engineName, Ownership, type TeamRef } from '../access/index.js'
import { ownLabels } from '../admission/index.js'
import { Engine, type VolumeEntry } from '../engine/index.js'
import type { Volume } from './dto/volume.dto.js'

/** Engine names of volumes → names of the containers that mount them. */
export type Usage = ReadonlyMap<string, readonly string[]>

/** Volumes as their teams see them. */
@Injectable()
export class VolumeViews {
  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
  ) {}

  /** By the teams' containers, running or not; the engine is not asked. */
  async usage(teamIds: readonly string[]): Promise<Usage> {
    const usage = new Map<string, string[]>()
    for (const row of await this.ownership.owned('container', teamIds))
      for (const { type, name } of this.engine.inventory.containers.get(row.engine_id ?? '')?.mounts ?? [])
        if (type === 'volume' && name) usage.set(name, [...(usage.get(name) ?? []), row.name])
    return usage
  }

  view(entry: VolumeEntry, { team, name }: { team: TeamRef; name: string }, usage: Usage): Volume {
    return {
      name,
      team: team.name,
      driver: entry.driver,
      createdAt: new Date(entry.created).toISOString(),
      labels: ownLabels(entry.labels),
      anonymous: isAnonymous(entry, team, name),
      usedBy: [...new Set(usage.get(entry.id) ?? [])].sort(),
    }
  }
}

/** Made by the engine for one container, which also gave it its name there. */
function isAnonymous(entry: VolumeEntry, team: TeamRef, name: string): boolean {
  return entry.engineName !== engineName(team.name, name) && /^[0-9a-f]{64}$/.test(entry.engineName)
}
