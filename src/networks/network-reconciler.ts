import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { Engine } from '../engine/index.js'
import { OwnershipStore } from '../store/ownership.store.js'
import { DefaultNetworks } from './default-networks.js'

const PASS_EVERY_MS = 10_000

/** Removes the networks of deleted teams that could not be removed with them: the engine was down, or a crash came between. */
@Injectable()
export class NetworkReconciler implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('networks')
  private timer: NodeJS.Timeout | undefined
  private running: Promise<void> = Promise.resolve()

  constructor(
    private readonly engine: Engine,
    private readonly store: OwnershipStore,
    private readonly networks: DefaultNetworks,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => void this.run(), PASS_EVERY_MS).unref()
    void this.engine.inventory.ready().then(() => this.run())
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer)
    await this.running
  }

  /** One pass, after those under way; never rejects. */
  run(): Promise<void> {
    this.running = this.running
      .then(() => this.pass())
      .catch((error: unknown) => void (this.engine.state.up && this.logger.error({ err: error }, 'reconciling networks failed')))
    return this.running
  }

  private async pass(): Promise<void> {
    if (this.engine.inventory.stale) return
    const rows = await this.store.ofDeletedTeams('network')
    for (const teamId of new Set(rows.map((row) => row.team_id))) await this.networks.release({ id: teamId, name: teamId })
  }
}
