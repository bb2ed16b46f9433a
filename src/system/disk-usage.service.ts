import { Injectable } from '@nestjs/common'
import { type Grant, holdsOnHost, Ownership, scopeOf, type TeamRef } from '../access/index.js'
import { ImageSpace } from '../common/image-space.js'
import { type ContainerEntry, Engine, type SystemDf } from '../engine/index.js'
import { ImageReferenceStore } from '../store/image-references.store.js'
import type { DiskUsage, Space, TeamSpace } from './dto/space.dto.js'
import { hostSpace, imageSpace, isAlive, spaceOf } from './space.js'

/** So old may sizes be: the engine walks over its whole disk for them. */
const SIZES_OLD_MS = 5_000

/** Bytes by full id or engine name. */
interface Sizes {
  readonly containers: ReadonlyMap<string, number>
  readonly volumes: ReadonlyMap<string, number>
}

/** What is taken on the engine's disk: for each team its own, and for those who have a role on the host all of it. */
@Injectable()
export class DiskUsages {
  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly references: ImageReferenceStore,
    private readonly images: ImageSpace,
  ) {}

  /** @throws AppError ENGINE_UNAVAILABLE, ENGINE_TIMEOUT */
  async read(grant: Grant<'SystemDataUsage'>): Promise<DiskUsage> {
    const { at, df } = await this.engine.usage.measure(SIZES_OLD_MS)
    const sizes = sizesOf(df)
    const teams: TeamSpace[] = []
    for (const team of scopeOf(grant).values()) teams.push(await this.team(grant, team, sizes))
    const host = holdsOnHost(grant.principal, 'unowned.read') ? hostSpace(df) : null
    return { measuredAt: at.toISOString(), teams, host }
  }

  private async team(grant: Grant<'SystemDataUsage'>, team: TeamRef, sizes: Sizes): Promise<TeamSpace> {
    const containers = await this.containers(team)
    return {
      team: team.name,
      images: await this.imagesOf(team, containers),
      containers: grant.holds('containers.read', team)
        ? spaceOf(containers.map(({ id, state }) => ({ size: sizes.containers.get(id) ?? 0, used: isAlive(state) })))
        : null,
      volumes: grant.holds('volumes.read', team) ? await this.volumes(team, containers, sizes) : null,
    }
  }

  private async containers(team: TeamRef): Promise<ContainerEntry[]> {
    const rows = await this.ownership.owned('container', [team.id])
    return rows.flatMap((row) => this.engine.inventory.containers.get(row.engine_id ?? '') ?? [])
  }

  private async imagesOf(team: TeamRef, containers: readonly ContainerEntry[]): Promise<Space> {
    const used = new Set(containers.map(({ imageId }) => imageId))
    const rows = await this.references.inTeams({ teamIds: [team.id] })
    const pieces = await this.images.pieces(rows.map((row) => row.content_id))
    return imageSpace([...pieces].map(([id, parts]) => ({ pieces: parts, used: used.has(id) })))
  }

  private async volumes(team: TeamRef, containers: readonly ContainerEntry[], sizes: Sizes): Promise<Space> {
    const used = new Set(containers.flatMap(({ mounts }) => mounts.flatMap(({ type, name }) => (type === 'volume' && name ? [name] : []))))
    const rows = await this.ownership.owned('volume', [team.id])
    const names = rows.flatMap((row) => this.engine.inventory.volumes.get(row.engine_id ?? '')?.id ?? [])
    return spaceOf(names.map((name) => ({ size: sizes.volumes.get(name) ?? 0, used: used.has(name) })))
  }
}

function sizesOf(df: SystemDf): Sizes {
  return {
    containers: new Map((df.Containers ?? []).map(({ Id, SizeRw }) => [Id, SizeRw ?? 0])),
    volumes: new Map((df.Volumes ?? []).map(({ Name, UsageData }) => [Name, UsageData?.Size ?? 0])),
  }
}
