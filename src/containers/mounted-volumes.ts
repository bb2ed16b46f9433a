import { cameWith, type Ownership, type TeamRef } from '../access/index.js'
import type { ResolvedMount } from '../admission/index.js'
import { AppError } from '../common/errors.js'
import type { ContainerEntry, Engine } from '../engine/index.js'

/** Volumes that were to be mounted, and had gone when the engine did it. */
export class VolumesGone extends AppError {
  constructor(
    /** As the team calls them. */
    names: readonly string[],
    /** Engine names of what the engine made instead: nobody's, and to be removed after the container. */
    readonly strays: readonly string[],
  ) {
    super('CONFLICT', { reason: `the volume ${names.join(', ')} was removed while the container was made` })
  }
}

interface Mounted {
  readonly team: TeamRef
  readonly mounts: readonly ResolvedMount[]
  readonly container: ContainerEntry
}

/**
 * Of a name that has no volume the engine makes one, without a label: a volume that nobody owns. From its creation on the
 * container keeps its volumes, so what is the team's at this look stays there.
 * @throws VolumesGone, engine errors
 */
export async function assertMounted({ team, mounts, container }: Mounted, { inventory }: Engine, ownership: Ownership): Promise<void> {
  const names = new Set(mounts.flatMap((mount) => (mount.type === 'volume' ? [mount.engineName] : [])))
  const gone: string[] = []
  const strays: string[] = []
  for (const name of names) {
    const entry = await inventory.refresh('volume', name)
    const row = await ownership.store.lastByEngineId('volume', name)
    if (entry && row?.state === 'live' && row.team_id === team.id && ownership.witness.agrees(row)) continue
    gone.push(row?.team_id === team.id ? row.name : name.replace(`${team.name}--`, ''))
    if (entry && cameWith(entry, container)) strays.push(name)
  }
  if (gone.length > 0) throw new VolumesGone(gone, strays)
}
