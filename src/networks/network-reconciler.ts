import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { Engine, Passes } from '../engine/index.js'
import { OwnershipStore } from '../store/ownership.store.js'
import { DefaultNetworks } from './default-networks.js'

/** Removes the networks of deleted teams that could not be removed with them: the engine was down, or a crash came between. */
@Injectable()
export class NetworkReconciler implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly passes: Passes

  constructor(
    engine: Engine,
    private readonly store: OwnershipStore,
    private readonly networks: DefaultNetworks,
  ) {
    this.passes = new Passes(engine, new Logger('networks'), () => this.pass())
  }

  onApplicationBootstrap(): void {
    this.passes.start()
  }

  onApplicationShutdown(): Promise<void> {
    return this.passes.stop()
  }

  private async pass(): Promise<void> {
    const rows = await this.store.ofDeletedTeams('network')
    for (const teamId of new Set(rows.map((row) => row.team_id))) await this.networks.release({ id: teamId, name: teamId })
  }
}
