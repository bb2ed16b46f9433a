import { Emitter } from './emitter.js'
import type { Engine } from './engine.js'
import type { ContainerEntry, EntryOf, ImageEntry, InventoryChange, InventoryKind, InventoryView, NetworkEntry, VolumeEntry } from './inventory-types.js'
import type { EngineSettings } from './options.js'

/** What is on the engine, in memory. Being filled in: the signatures are final. */
export class Inventory {
  declare readonly containers: InventoryView<ContainerEntry>
  declare readonly images: InventoryView<ImageEntry>
  declare readonly networks: InventoryView<NetworkEntry>
  /** By engine name. */
  declare readonly volumes: InventoryView<VolumeEntry>
  /** Hears every change, in order. */
  readonly changes = new Emitter<InventoryChange>()
  /** Rises with every change. */
  declare readonly revision: number
  /** True before the first list and while relisting after a gap: reads answer the last state. */
  declare readonly stale: boolean

  constructor(engine: Engine, settings: EngineSettings) {
    void engine
    void settings
  }

  /** Resolves when the first list is in; never rejects. */
  ready(): Promise<void> {
    return Promise.resolve()
  }

  /** Inspects one object and puts it: after it the write is visible. Returns undefined when the engine has none. */
  refresh<K extends InventoryKind>(kind: K, id: string): Promise<EntryOf[K] | undefined> {
    void kind
    void id
    return Promise.resolve(undefined)
  }

  start(): void {}

  stop(): Promise<void> {
    return Promise.resolve()
  }
}
