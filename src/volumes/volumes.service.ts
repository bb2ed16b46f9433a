import { Injectable } from '@nestjs/common'
import { randomBytes } from 'node:crypto'
import { assertNewName, type Grant, Ownership, scopeOf } from '../access/index.js'
import { hasLabel } from '../admission/index.js'
import { AppError } from '../common/errors.js'
import { pageOf } from '../common/paging.js'
import { Engine } from '../engine/index.js'
import type { CreateVolumeBody, ListVolumesQuery, Volume, VolumePage } from './dto/volume.dto.js'
import { TeamVolumes } from './team-volumes.js'
import { VolumeViews } from './volume-views.js'

/** Volumes of the teams. */
@Injectable()
export class Volumes {
  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly maker: TeamVolumes,
    private readonly views: VolumeViews,
  ) {}

  async list(grant: Grant<'VolumeList'>, query: ListVolumesQuery): Promise<VolumePage> {
    const teams = scopeOf(grant)
    const teamIds = [...teams.keys()]
    const stale = this.engine.inventory.stale
    const [rows, usage] = await Promise.all([this.ownership.owned('volume', teamIds), this.views.usage(teamIds)])
    const all = rows.flatMap((row) => {
      const entry = this.engine.inventory.volumes.get(row.engine_id ?? '')
      const team = teams.get(row.team_id)
      return entry && team ? [this.views.view(entry, { team, name: row.name }, usage)] : []
    })
    const found = all.filter((volume) => fits(volume, query))
    return { ...pageOf(found, { key: ({ name, team }) => `${name} ${team}` }, query), stale }
  }

  /** @throws AppError NOT_FOUND */
  async inspect(grant: Grant<'VolumeInspect'>): Promise<Volume> {
    const { team, name, engineId } = grant.target
    const entry = await this.engine.inventory.refresh('volume', engineId)
    if (!entry || !team) throw new AppError('NOT_FOUND')
    return this.views.view(entry, { team, name }, await this.views.usage([team.id]))
  }

  /** @throws AppError NAME_IN_USE, INVALID_REQUEST, POLICY_DENIED */
  async create(grant: Grant<'VolumeCreate'>, body: CreateVolumeBody): Promise<Volume> {
    const { team } = grant.target
    const { name = randomBytes(16).toString('hex'), labels = {} } = body
    assertNewName(name)
    const entry = await this.maker.make({ team, name, labels, userId: grant.principal.userId })
    return this.views.view(entry, { team, name }, new Map())
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
    const users = (await this.views.usage([team.id])).get(engineId) ?? []
    if (users.length > 0) throw new AppError('CONFLICT', { reason: `the volume is in use by ${users.join(', ')}` })
    await this.engine.volumes.remove(engineId)
    await this.engine.inventory.refresh('volume', engineId)
    await this.ownership.end(uid)
  }
}

function fits(volume: Volume, { name, label = [] }: ListVolumesQuery): boolean {
  if (name !== undefined && !volume.name.includes(name)) return false
  return label.every((wanted) => hasLabel(volume.labels, wanted))
}
