import { Injectable } from '@nestjs/common'
import { type HostFacts, openFilesLimit } from '../../admission/index.js'
import { Config } from '../../config/config.js'
import { Engine } from '../../engine/index.js'

const KEEP_MS = 60_000

/** Before its first connect the engine is asked nothing that depends on it. */
const OLDEST_API = '1.41'

/** What the host can give; the engine is asked once a minute at most. */
@Injectable()
export class Host {
  private known: { readonly facts: Omit<HostFacts, 'apiVersion'>; readonly until: number } | undefined

  constructor(
    private readonly engine: Engine,
    private readonly config: Config,
  ) {}

  /** @throws AppError ENGINE_UNAVAILABLE */
  async facts(): Promise<HostFacts> {
    // Chosen anew at each connect, so it is not kept with the rest.
    const apiVersion = this.engine.state.version ?? OLDEST_API
    if (this.known && this.known.until > Date.now()) return { ...this.known.facts, apiVersion }
    const { NCPU: cpus, MemTotal: memory } = await this.engine.system.info()
    const facts = { cpus, memory, openFiles: openFilesLimit(), publishAddress: this.config.BERTH_PUBLISH_ADDRESS }
    this.known = { facts, until: Date.now() + KEEP_MS }
    return { ...facts, apiVersion }
  }
}
