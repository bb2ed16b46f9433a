import { Injectable } from '@nestjs/common'
import { randomBytes } from 'node:crypto'
import { assertNewName, engineName, type Grant, Ownership, scopeOf, type TeamRef } from '../access/index.js'
import { hasLabel, ownLabels } from '../admission/index.js'
import { AppError } from '../common/errors.js'
import { pageOf } from '../common/paging.js'
import { Engine, type VolumeEntry } from '../engine/index.js'
import type { CreateVolumeBody, ListVolumesQuery, Volume, VolumePage } from './dto/volume.dto.js'
import { TeamVolumes } from './team-volumes.js'

/** Engine names of volumes → names of the containers that mount them. */
type Usage = ReadonlyMap<string, readonly string[]>

/** Volumes of the teams. */
@Injectable()
export class Volumes {
  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly maker: TeamVolumes,
  ) {}

  async list(grant: Grant<'VolumeList'>, query: ListVolumesQuery): Promise<VolumePage> {
    const teams = scopeOf(grant)
    const teamIds = [...teams.keys()]
    const stale = this.engine.inventory.stale
    const [rows, usage] = await Promise.all([this.ownership.owned('volume', teamIds), this.usage(teamIds)])
    const all = rows.flatMap((row) => {
      const entry = this.engine.inventory.volumes.get(row.engine_id ?? '')
      const team = teams.get(row.team_id)
      return entry && team ? [view(entry, { team, name: row.name }, usage)] : []
    })
    const found = all.filter((volume) => fits(volume, query))
    return { ...pageOf(found, { key: ({ name, team }) => `${name} ${team}` }, query), stale }
  }

  /** @throws AppError NOT_FOUND */
  async inspect(grant: Grant<'VolumeInspect'>): Promise<Volume> {
    const { team, name, engineId } = grant.target
    const entry = await this.engine.inventory.refresh('volume', engineId)
    if (!entry || !team) throw new AppError('NOT_FOUND')
    return view(entry, { team, name }, await this.usage([team.id]))
  }

  /** @throws AppError NAME_IN_USE, INVALID_REQUEST, POLICY_DENIED */
  async create(grant: Grant<'VolumeCreate'>, body: CreateVolumeBody): Promise<Volume> {
    const { team } = grant.target
    const { name = randomBytes(16).toString('hex'), labels = {} } = body
    assertNewName(name)
    const entry = await this.maker.make({ team, name, labels, userId: grant.principal.userId })
    return view(entry, { team, name }, new Map())
  }

  /** Would it be made? @throws as `create` */
  async check(grant: Grant<'VolumeCreate'>, { name, labels }: CreateVolumeBody): Promise<void> {
    if (name !== undefined) assertNewName(name)
    await this.maker.judge(grant.target.team, { name, labels })
  }

  /** @throws AppError CONFLICT while a container mounts it */
  async remove(grant: Grant<'VolumeDelete'>): Promise<void> {
    const { team, uid, engineId } = grant.target
    if (!team || uid === null) throw new AppError('NOT_FOUND')
    const users = (await this.usage([team.id])).get(engineId) ?? []
    if (users.length > 0) throw new AppError('CONFLICT', { reason: `the volume is in use by ${users.join(', ')}` })
    await this.engine.volumes.remove(engineId)
    await this.engine.inventory.refresh('volume', engineId)
    await this.ownership.end(uid)
  }

  private async usage(teamIds: readonly string[]): Promise<Usage> {
    const usage = new Map<string, string[]>()
    for (const row of await this.ownership.owned('container', teamIds))
      for (const { type, name } of this.engine.inventory.containers.get(row.engine_id ?? '')?.mounts ?? [])
        if (type === 'volume' && name) usage.set(name, [...(usage.get(name) ?? []), row.name])
    return usage
  }
}

function view(entry: VolumeEntry, { team, name }: { team: TeamRef; name: string }, usage: Usage): Volume {
  return {
    name,
    team: team.name,
    driver: entry.driver,
    createdAt: new Date(entry.created).toISOString(),
    labels: ownLabels(entry.labels),
    anonymous: entry.engineName !== engineName(team.name, name) && /^[0-9a-f]{64}$/.test(entry.engineName),
    usedBy: [...new Set(usage.get(entry.id) ?? [])].sort(),
  }
}

function fits(volume: Volume, { name, label = [] }: ListVolumesQuery): boolean {
  if (name !== undefined && !volume.name.includes(name)) return false
  return label.every((wanted) => hasLabel(volume.labels, wanted))
}
