import type { Containers } from './containers.js'
import type { EngineState } from './engine-state.js'
import { containerEntry, containerRow, imageEntry, imageRow, networkEntry, rowAgrees, volumeEntry } from './entries.js'
import type { Images } from './images.js'
import type { EntryOf, InventoryEntry, InventoryKind } from './inventory-types.js'
import type { Networks } from './networks.js'
import type { Sequence, Shelf } from './shelf.js'
import type { System } from './system.js'
import type { Volumes } from './volumes.js'

/** What the inventory needs of the engine. */
export interface EngineParts {
  readonly state: EngineState
  readonly system: System
  readonly containers: Containers
  readonly images: Images
  readonly networks: Networks
  readonly volumes: Volumes
}

interface Tools {
  readonly sequence: Sequence
  /** Asks for an inspect, soon. */
  readonly look: (kind: InventoryKind, id: string) => void
}

interface ListOptions {
  readonly lookAtAll: boolean
  readonly look?: (id: string) => void
}

/** Fills the shelves from the engine's lists and inspects. */
export class InventorySource {
  constructor(
    private readonly engine: EngineParts,
    private readonly shelves: { readonly [K in InventoryKind]: Shelf<EntryOf[K]> },
    private readonly tools: Tools,
  ) {}

  /** One object as it is now. */
  async inspect(kind: InventoryKind, id: string): Promise<InventoryEntry> {
    const { containers, images, networks, volumes } = this.engine
    if (kind === 'container') return containerEntry(await containers.inspect(id))
    if (kind === 'image') return imageEntry(await images.inspect(id))
    if (kind === 'network') return networkEntry(await networks.inspect(id))
    return volumeEntry(await volumes.inspect(id))
  }

  put(entry: InventoryEntry, seq: number): void {
    if (entry.kind === 'container') this.shelves.container.put(entry, seq)
    else if (entry.kind === 'network') this.shelves.network.put(entry, seq)
    else if (entry.kind === 'volume') this.shelves.volume.put(entry, seq)
    else this.putImage(entry, seq)
  }

  /** Everything. `lookAtAll`: after a gap a container may have been restarted, which its row does not show. `look` hears of each that is worth an inspect. */
  async listAll({ lookAtAll, look = (id) => this.tools.look('container', id) }: ListOptions): Promise<void> {
    await Promise.all([this.listContainers(lookAtAll, look), this.listImages(), this.listNetworks(), this.listVolumes()])
  }

  async listImages(): Promise<void> {
    const seq = this.tools.sequence.next()
    const rows = await this.engine.images.list()
    this.fill(this.shelves.image, rows.map(imageRow), seq)
  }

  private async listNetworks(): Promise<void> {
    const seq = this.tools.sequence.next()
    const rows = await this.engine.networks.list()
    this.fill(this.shelves.network, rows.map(networkEntry), seq)
  }

  private async listVolumes(): Promise<void> {
    const seq = this.tools.sequence.next()
    const rows = await this.engine.volumes.list()
    this.fill(this.shelves.volume, rows.map(volumeEntry), seq)
  }

  private async listContainers(lookAtAll: boolean, look: (id: string) => void): Promise<void> {
    const seq = this.tools.sequence.next()
    const rows = await this.engine.containers.list()
    const shelf = this.shelves.container
    for (const row of rows) {
      const known = shelf.get(row.Id)
      if (known === undefined) shelf.put(containerRow(row), seq)
      // an answer that is older than what is known says nothing
      if (!shelf.isNewer(row.Id, seq) && known !== undefined) continue
      if (lookAtAll || known === undefined || !rowAgrees(row, known)) look(row.Id)
    }
    shelf.retain(new Set(rows.map(({ Id }) => Id)), seq)
  }

  private fill<E extends InventoryEntry>(shelf: Shelf<E>, entries: readonly E[], seq: number): void {
    for (const entry of entries) shelf.put(entry, seq)
    shelf.retain(new Set(entries.map(({ id }) => id)), seq)
  }

  /** A tag is on one image only: the one that was asked about last. */
  private putImage(entry: EntryOf['image'], seq: number): void {
    const shelf = this.shelves.image
    if (!shelf.put(entry, seq) || entry.tags.length === 0) return
    const taken = new Set(entry.tags)
    for (const other of shelf.all()) {
      if (other.id === entry.id || !other.tags.some((tag) => taken.has(tag))) continue
      shelf.put({ ...other, tags: other.tags.filter((tag) => !taken.has(tag)) }, seq)
    }
  }
}
