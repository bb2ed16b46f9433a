import { Injectable } from '@nestjs/common'
import { OBJECT_NAME, Ownership, type TeamRef } from '../access/index.js'
import { type ContainerRequest, normalTarget, type ResolvedMount, TMPFS_DEFAULT, Verdict } from '../admission/index.js'
import { AppError } from '../common/errors.js'
import { VolumeSource } from '../common/volume-source.js'
import type { ContainerEntry, EntryMount } from '../engine/index.js'

/** What a container shall mount, with the names resolved. */
export interface MountPlan {
  /** Own volumes by engine name, and tmpfs. */
  readonly mounts: readonly ResolvedMount[]
  /** Where each copy gets an anonymous volume of its own. */
  readonly anonymous: readonly { readonly target: string; readonly readOnly: boolean }[]
  /** Volumes that did not exist before. */
  readonly made: readonly string[]
}

interface PlanRequest {
  readonly request: ContainerRequest
  /** Paths of the image's VOLUME entries. */
  readonly imageVolumes: readonly string[]
  readonly team: TeamRef
  readonly userId: string
}

/** Resolves every mount to what belongs to the team: the engine never sees a name of the client's. */
@Injectable()
export class MountPlans {
  constructor(
    private readonly ownership: Ownership,
    private readonly volumes: VolumeSource,
  ) {}

  /** @throws AppError NOT_FOUND of a container in volumesFrom, POLICY_DENIED for a mount that is not the team's, engine errors */
  async plan({ request, imageVolumes, team, userId }: PlanRequest): Promise<MountPlan> {
    // Judged first, since a volume that is made for a request which then fails would have to be taken back.
    const inherited = await this.inherited(request.volumesFrom ?? [], team)
    const asked = request.mounts ?? []
    const made: string[] = []
    const named: ResolvedMount[] = []
    for (const { type, source, target, readOnly = false, size = TMPFS_DEFAULT } of asked) {
      if (type === 'tmpfs') named.push({ type, target: normalTarget(target), readOnly, size })
      if (type !== 'volume' || source === undefined) continue
      const volume = await this.volumes.ensure({ team, name: source, userId }).catch(async (error: unknown) => {
        await this.volumes.discard(made)
        throw error
      })
      if (volume.made) made.push(volume.engineName)
      named.push({ type, engineName: volume.engineName, target: normalTarget(target), readOnly })
    }
    const own = asked.filter(({ type, source }) => type === 'volume' && source === undefined)
    const anonymous = own.map(({ target, readOnly = false }) => ({ target: normalTarget(target), readOnly }))
    const taken = new Set([...named, ...anonymous].map(({ target }) => target))
    const rest = inherited.filter(({ target }) => !taken.has(target))
    for (const { target } of rest) taken.add(target)
    const image = [...new Set(imageVolumes.map(normalTarget))].filter((target) => !taken.has(target))
    return { mounts: [...named, ...rest], anonymous: [...anonymous, ...image.map((target) => ({ target, readOnly: false }))], made }
  }

  /** Undoes what the plan made. */
  discard(plan: MountPlan): Promise<void> {
    return this.volumes.discard(plan.made)
  }

  private async inherited(references: readonly string[], team: TeamRef): Promise<ResolvedMount[]> {
    if (references.length === 0) return []
    const rows = await this.ownership.owned('volume', [team.id])
    const own = new Set(rows.map((row) => row.engine_id))
    const verdict = new Verdict()
    const found: ResolvedMount[] = []
    for (const [at, reference] of references.entries()) {
      const [, name = '', mode] = /^([^:]*)(?::(ro|rw))?$/.exec(reference) ?? []
      const container = await this.container(name, team, `/volumesFrom/${at}`)
      for (const mount of container.mounts) {
        if (mount.type === 'tmpfs') continue
        if (!isOwnVolume(mount, own)) verdict.deny(`/volumesFrom/${at}`, `its mount at ${mount.destination} is not a volume of the team`)
        else
          found.push({
            type: 'volume',
            engineName: mount.name!,
            target: normalTarget(mount.destination),
            readOnly: mount.readOnly || mode === 'ro',
          })
      }
    }
    verdict.conclude()
    return [...new Map(found.map((mount) => [mount.target, mount])).values()]
  }

  /** Of this team only: a volume is shared by nothing that the caller may not use. */
  private async container(reference: string, team: TeamRef, pointer: string): Promise<ContainerEntry> {
    const wrong = (detail: string) => new AppError('INVALID_REQUEST', { reason: 'volumesFrom is not valid', errors: [{ pointer, detail }] })
    if (!OBJECT_NAME.test(reference) && !/^[0-9a-f]{64}$/.test(reference))
      throw wrong('must be a container, with :ro or :rw after it or not')
    const visible = { teamIds: [team.id] }
    let rows = await this.ownership.store.byName('container', reference, visible)
    if (rows.length === 0 && /^[0-9a-f]{4,64}$/.test(reference))
      rows = await this.ownership.store.byIdPrefix('container', reference, visible)
    const live = rows.filter((row) => this.ownership.witness.agrees(row))
    const entry = live.length === 1 ? this.ownership.inventory.containers.get(live[0]!.engine_id ?? '') : undefined
    if (!entry) throw wrong(live.length > 1 ? 'matches several containers' : 'no such container in the team')
    return entry
  }
}

function isOwnVolume(mount: EntryMount, own: ReadonlySet<string | null>): boolean {
  return mount.type === 'volume' && mount.name !== undefined && own.has(mount.name)
}
