import { Injectable } from '@nestjs/common'
import { BuildLeftovers } from './build/build-leftovers.js'
import { ScratchReferences } from './scratch.js'

/** What interrupted work has left on the engine beside the holding tags. */
@Injectable()
export class Leftovers {
  constructor(
    private readonly scratch: ScratchReferences,
    private readonly builds: BuildLeftovers,
  ) {}

  async sweep(): Promise<void> {
    await this.scratch.sweep()
    if (this.builds.isLikely()) await this.builds.sweep()
  }
}
