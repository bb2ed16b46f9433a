import { Injectable, Logger } from '@nestjs/common'
import { setTimeout as delay } from 'node:timers/promises'
import { type Claim, engineName, Ownership, type TeamRef } from '../access/index.js'
import { admitVolume, TeamPolicies } from '../admission/index.js'
import { AppError, isCertain } from '../common/errors.js'
import { type VolumeAvailable, VolumeSource, type VolumeWanted } from '../common/volume-source.js'
import { Engine, type VolumeEntry } from '../engine/index.js'
import type { OwnershipRow } from '../store/schema.js'

const PATIENCE_MS = 3_000
const STEP_MS = 50

interface NewVolume extends VolumeWanted {
  readonly labels?: Readonly<Record<string, string>>
}

/** Makes volumes with their rows, for the API and for containers that mount one by name. */
@Injectable()
export class TeamVolumes extends VolumeSource {
  private readonly logger = new Logger('volumes')

  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly policies: TeamPolicies,
  ) {
    super()
  }

  async ensure(wanted: VolumeWanted): Promise<VolumeAvailable> {
    const end = performance.now() + PATIENCE_MS
    for (;;) {
      const present = await this.present(wanted.team, wanted.name)
      if (present) return { engineName: present.engine_id!, made: false }
      try {
        return { engineName: (await this.make(wanted)).id, made: true }
      } catch (error) {
        // Somebody else of the team makes it at this moment; what they make is what was asked for.
        const pending = error instanceof AppError && error.code === 'NAME_IN_USE' && performance.now() < end
        if (!pending) throw error
        await delay(STEP_MS)
      }
    }
  }

  async discard(engineNames: readonly string[]): Promise<void> {
    for (const name of engineNames) {
      try {
        const row = await this.ownership.store.byEngineId('volume', name)
        await this.engine.volumes.remove(name)
        await this.engine.inventory.refresh('volume', name)
        if (row) await this.ownership.end(row.uid)
      } catch (error) {
        // Somebody uses it by now, or the engine is down: it stays, owned and visible.
        this.logger.warn({ err: error, volume: name }, 'a volume that was made in vain stays')
      }
    }
  }

  /** @throws AppError NAME_IN_USE, engine errors */
  async make({ team, name, userId: creatorId, labels }: NewVolume): Promise<VolumeEntry> {
    const policy = await this.policies.of(team.id)
    // before anything is claimed: what is denied leaves nothing
    admitVolume({ Name: engineName(team.name, name), Labels: labels }, {}, policy)
    const claim = await this.ownership.claim({ kind: 'volume', team, name, creatorId })
    try {
      const made = await this.engine.volumes.create(admitVolume({ Name: claim.engineName, Labels: labels }, claim.labels, policy))
      // The engine answers an existing name with the volume that has it, whoever made that: only our witness tells.
      if (!this.ownership.witness.proves(rowOf(claim), made.Labels ?? {})) throw new AppError('NAME_IN_USE', { name })
      const entry = await this.engine.inventory.refresh('volume', claim.engineName)
      if (!entry) throw new AppError('CONFLICT', { reason: 'the volume was removed while it was made' })
      await this.ownership.settle(claim, entry.id, entry.created)
      return entry
    } catch (error) {
      if (isCertain(error)) await this.ownership.abandon(claim)
      throw error instanceof AppError && error.code === 'NAME_IN_USE' ? inUse(name) : error
    }
  }

  /** What `make` would say, and nothing is made. @throws AppError NAME_IN_USE, POLICY_DENIED */
  async judge(team: TeamRef, { name, labels }: { name?: string | undefined; labels?: NewVolume['labels'] | undefined }): Promise<void> {
    admitVolume({ Name: name ?? 'any', Labels: labels ?? {} }, {}, await this.policies.of(team.id))
    if (name !== undefined) await this.ownership.assertFree('volume', name, team)
  }

  private async present(team: TeamRef, name: string): Promise<OwnershipRow | null> {
    const [row] = await this.ownership.store.byName('volume', name, { teamIds: [team.id] })
    if (!row?.engine_id) return null
    if (this.ownership.witness.agrees(row)) return row
    // Removed beside the gateway a moment ago: its name is free.
    await this.ownership.disappeared('volume', row.engine_id)
    return null
  }
}

function rowOf(claim: Claim): Pick<OwnershipRow, 'kind' | 'uid' | 'team_id'> {
  return { kind: claim.kind, uid: claim.uid, team_id: claim.team.id }
}

function inUse(name: string): AppError {
  return new AppError('NAME_IN_USE', { name, errors: [{ pointer: '/name', detail: 'is in use' }] })
}
