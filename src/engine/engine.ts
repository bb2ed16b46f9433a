import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { Builds } from './builds.js'
import { EngineClient } from './client.js'
import { Connection } from './connection.js'
import { ContainerFiles } from './container-files.js'
import { Containers } from './containers.js'
import { DiskUsage } from './disk-usage.js'
import type { EngineState } from './engine-state.js'
import { Execs } from './exec.js'
import { Images } from './images.js'
import { Inventory } from './inventory.js'
import { Networks } from './networks.js'
import { ENGINE_OPTIONS, settings, type EngineOptions } from './options.js'
import { System } from './system.js'
import { Transport } from './transport.js'
import { Volumes } from './volumes.js'

/**
 * The Docker Engine, typed. Calls throw AppErrors: NOT_FOUND, the conflicts of engine-error.ts, ENGINE_UNAVAILABLE at once
 * while it is known to be down and within a second in any case, ENGINE_TIMEOUT, ENGINE_PROTOCOL for what is not understood.
 */
@Injectable()
export class Engine implements OnModuleInit, OnApplicationShutdown {
  readonly system: System
  readonly containers: Containers
  readonly files: ContainerFiles
  readonly images: Images
  readonly builds: Builds
  readonly volumes: Volumes
  readonly networks: Networks
  readonly exec: Execs
  /** Sizes on its disk, which are slow to get. */
  readonly usage: DiskUsage
  /** What is on the engine, kept up to date without asking it. */
  readonly inventory: Inventory
  private readonly connection: Connection
  private readonly transport: Transport

  constructor(@Inject(ENGINE_OPTIONS) options: EngineOptions) {
    const all = settings(options)
    this.transport = new Transport(all.dockerHost)
    this.connection = new Connection(this.transport, all)
    const client = new EngineClient(this.transport, this.connection, all)
    this.system = new System(client)
    this.containers = new Containers(client)
    this.files = new ContainerFiles(client)
    this.images = new Images(client)
    this.builds = new Builds(client)
    this.volumes = new Volumes(client)
    this.networks = new Networks(client)
    this.exec = new Execs(client)
    this.usage = new DiskUsage(this.system)
    this.inventory = new Inventory(this, all)
  }

  /** What is known about the engine now; never asks it. */
  get state(): EngineState {
    return this.connection.state
  }

  /** Hears each change of `state`. Returns the way to stop listening. */
  onState(listener: (state: EngineState) => void): () => void {
    return this.connection.changes.on(listener)
  }

  /** Connections to the engine that are in use now: for metrics and leak tests. */
  get openSockets(): number {
    return this.transport.openSockets
  }

  /** Who listens to what the engine tells: for metrics and leak tests. */
  get listeners(): number {
    return this.connection.changes.size + this.inventory.changes.size + this.inventory.heard.size
  }

  /** Starts watching the engine; does not wait for it, since a gateway must start without one. */
  onModuleInit(): void {
    this.connection.start()
    this.inventory.start()
  }

  /** Ends every connection, streams and sessions too. */
  async onApplicationShutdown(): Promise<void> {
    await this.inventory.stop()
    this.connection.stop()
    await this.transport.close()
  }
}
