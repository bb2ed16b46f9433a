import { Injectable } from '@nestjs/common'
import { engineName, OBJECT_NAME, Ownership, type TeamRef } from '../../access/index.js'
import {
  type ContainerRequest,
  type ExportedFolder,
  isAsRegistered,
  normalTarget,
  type ResolvedMount,
  type ResolvedMounts,
  type TeamPolicy,
} from '../../admission/index.js'
import { AppError } from '../../common/errors.js'
import { VolumeSource } from '../../common/volume-source.js'
import type { EntryMount } from '../../engine/index.js'
import { TeamContainers } from '../team-containers.js'

/** What a container shall mount, with the names resolved; nothing is made for it yet. */
export interface MountPlan extends ResolvedMounts {
  /** Volumes by the team's name that are made if there is none: team's name → engine name. */
  readonly named: ReadonlyMap<string, string>
  /** One of them does not exist yet. */
  readonly missing: boolean
}

interface PlanRequest {
  readonly request: ContainerRequest
  readonly team: TeamRef
  readonly policy: TeamPolicy
}

type Mutable = {
  list: ResolvedMount[]
  named: Map<string, string>
  missing: boolean
  volumes: Set<string>
  exports: Map<string, { readOnly: boolean }>
}

/** Resolves every mount to what belongs to the team: the engine never sees a name of the client's. */
@Injectable()
export class MountPlans {
  constructor(
    private readonly ownership: Ownership,
    private readonly volumes: VolumeSource,
    private readonly containers: TeamContainers,
  ) {}

  /** Looks names up and makes nothing. What is not the team's stays in the list, for admission to refuse. @throws AppError INVALID_REQUEST of a container in volumesFrom */
  async plan({ request, team, policy }: PlanRequest): Promise<MountPlan> {
    const plan: Mutable = { list: [], named: new Map(), missing: false, volumes: new Set(), exports: new Map() }
    for (const [at, mount] of (request.mounts ?? []).entries()) {
      const { type, source, readOnly, size } = mount
      const place = { pointer: `/mounts/${at}`, target: normalTarget(mount.target), readOnly: readOnly ?? false }
      if (type === 'tmpfs') plan.list.push({ ...place, type, size })
      else if (type === 'bind') plan.list.push(bound({ ...place, source: source ?? '', asked: readOnly }, policy.exports, plan))
      else if (source === undefined) plan.list.push({ ...place, type: 'anonymous' })
      else plan.list.push({ ...place, type, engineName: await this.volume(source, team, plan) })
    }
    await this.inherit(request.volumesFrom ?? [], { team, policy }, plan)
    await assertFolders(plan, policy)
    return plan
  }

  /** With a volume of its own for each VOLUME of the image that nothing else is mounted at. */
  withImage(plan: MountPlan, imageVolumes: readonly string[]): MountPlan {
    const taken = new Set(plan.list.map(({ target }) => target))
    const rest = [...new Set(imageVolumes.map(normalTarget))].filter((target) => !taken.has(target))
    const list = rest.map((target) => ({ type: 'anonymous', pointer: '/image', target, readOnly: false }) as const)
    return { ...plan, list: [...plan.list, ...list] }
  }

  /** Makes the named volumes that are not there. Answers the plan as it came out, and what did not exist before. */
  async make(plan: MountPlan, { team, userId }: { team: TeamRef; userId: string }): Promise<{ plan: MountPlan; made: string[] }> {
    const made: string[] = []
    const engineNames = new Map<string, string>()
    for (const [name, planned] of plan.named) {
      const volume = await this.volumes.ensure({ team, name, userId }).catch(async (error: unknown) => {
        await this.volumes.discard(made)
        throw error
      })
      if (volume.made) made.push(volume.engineName)
      engineNames.set(planned, volume.engineName)
    }
    const actual = (mount: ResolvedMount): ResolvedMount =>
      mount.type === 'volume' ? { ...mount, engineName: engineNames.get(mount.engineName) ?? mount.engineName } : mount
    return { plan: { ...plan, list: plan.list.map(actual), volumes: new Set([...plan.volumes, ...engineNames.values()]) }, made }
  }

  /** Takes back what `make` made. */
  discard(made: readonly string[]): Promise<void> {
    return this.volumes.discard(made)
  }

  /** What is no name stays as it is, and no volume is called so. */
  private async volume(name: string, team: TeamRef, plan: Mutable): Promise<string> {
    if (!OBJECT_NAME.test(name)) return name
    const [row] = await this.ownership.store.byName('volume', name, { teamIds: [team.id] })
    const present = row && this.ownership.witness.agrees(row) ? row.engine_id : null
    const planned = present || engineName(team.name, name)
    if (!present) plan.missing = true
    plan.named.set(name, planned)
    plan.volumes.add(planned)
    return planned
  }

  /** The mounts of other containers, each judged again: a folder that is exported no more, or a foreign volume, is not inherited. */
  private async inherit(references: readonly string[], { team, policy }: Omit<PlanRequest, 'request'>, plan: Mutable): Promise<void> {
    if (references.length === 0) return
    const own = new Set((await this.ownership.owned('volume', [team.id])).flatMap((row) => row.engine_id ?? []))
    const found = new Map<string, ResolvedMount>()
    for (const [at, reference] of references.entries()) {
      const pointer = `/volumesFrom/${at}`
      const [, name = '', mode] = /^([^:]*)(?::(ro|rw))?$/.exec(reference) ?? []
      const container = await this.containers.find(name, team, pointer)
      for (const mount of container.mounts) {
        if (mount.type === 'tmpfs') continue
        const inherited = inheritedMount(mount, { pointer, readOnly: mount.readOnly || mode === 'ro' })
        if (inherited.type === 'volume' && own.has(inherited.engineName)) plan.volumes.add(inherited.engineName)
        const folder = inherited.type === 'bind' ? policy.exports.find(({ path }) => path === inherited.path) : undefined
        if (folder) plan.exports.set(folder.path, folder)
        found.set(inherited.target, inherited)
      }
    }
    const taken = new Set(plan.list.map(({ target }) => target))
    plan.list.push(...[...found.values()].filter(({ target }) => !taken.has(target)))
  }
}

interface Bind {
  readonly pointer: string
  readonly target: string
  readonly readOnly: boolean
  readonly source: string
  /** What the request said, if it did. */
  readonly asked: boolean | undefined
}

/** The engine follows links when it mounts: a folder is mounted only while it is the one that an administrator looked at. */
async function assertFolders({ list, exports }: Mutable, { granted }: TeamPolicy): Promise<void> {
  for (const mount of list) {
    if (mount.type !== 'bind' || !(exports.has(mount.path) || granted.hostPaths.includes(mount.path))) continue
    if (await isAsRegistered(mount.path)) continue
    const pointer = mount.pointer.startsWith('/mounts/') ? `${mount.pointer}/source` : mount.pointer
    const detail = 'the folder is not there any more as an administrator opened it: ask him to look at it'
    throw new AppError('INVALID_REQUEST', { reason: 'a folder of the host is not there', errors: [{ pointer, detail }] })
  }
}

/** An alias of an export becomes its folder; a path stays one, for the profile to judge. */
function bound({ source, asked, ...place }: Bind, exports: readonly ExportedFolder[], plan: Mutable): ResolvedMount {
  const folder = exports.find(({ alias }) => alias === source)
  if (!folder) return { ...place, type: 'bind', path: source }
  plan.exports.set(folder.path, folder)
  return { ...place, type: 'bind', path: folder.path, readOnly: asked ?? folder.readOnly }
}

function inheritedMount(mount: EntryMount, { pointer, readOnly }: { pointer: string; readOnly: boolean }): ResolvedMount {
  const place = { pointer, target: normalTarget(mount.destination), readOnly }
  return mount.type === 'volume'
    ? { ...place, type: 'volume', engineName: mount.name ?? '' }
    : { ...place, type: 'bind', path: mount.source }
}
