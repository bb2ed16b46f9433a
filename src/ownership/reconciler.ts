import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { Ownership, ProcessIdentity } from '../access/index.js'
import { AuditLog } from '../audit/audit.js'
import { Engine, type InventoryChange } from '../engine/index.js'

/** Distance of the full passes: what a crash left is in order this long after its lease has ended. */
const PASS_EVERY_MS = 10_000

/**
 * Holds the ownership rows to what the engine has: completes what a crash cut off, ends the rows of what disappeared.
 * Every step is safe to be done twice, so several processes may run it.
 */
@Injectable()
export class Reconciler implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('reconciler')
  private timer: NodeJS.Timeout | undefined
  private unlisten: (() => void) | undefined
  private running: Promise<void> = Promise.resolve()
  private stopped = false

  constructor(
    private readonly engine: Engine,
    private readonly ownership: Ownership,
    private readonly audit: AuditLog,
    private readonly process: ProcessIdentity,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.closeUnfinished()
    this.unlisten = this.engine.inventory.changes.on((change) => this.hear(change))
    this.timer = setInterval(() => this.schedule(() => this.pass()), PASS_EVERY_MS)
    this.timer.unref()
    void this.engine.inventory.ready().then(() => this.schedule(() => this.pass()))
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true
    clearInterval(this.timer)
    this.unlisten?.()
    await this.running
  }

  /** One pass over all rows; resolves when it is done. */
  async pass(): Promise<void> {
    if (await this.process.buryDead()) await this.closeUnfinished()
    if (this.engine.inventory.stale || !this.engine.state.up) return
    await this.ownership.reconcile()
  }

  private async closeUnfinished(): Promise<void> {
    const closed = await this.audit.closeUnfinished(await this.process.alive())
    if (closed > 0) this.logger.warn({ closed }, 'a stop cut off mutations; their outcome is recorded as unknown')
  }

  private hear(change: InventoryChange): void {
    const { kind, id } = change
    if (change.action === 'removed' && kind !== 'image') this.schedule(() => this.ownership.disappeared(kind, id))
  }

  /** One after the other; an error is the next pass's work again. */
  private schedule(work: () => Promise<void>): void {
    if (this.stopped) return
    this.running = this.running.then(work).catch((error: unknown) => this.logger.error({ err: error }, 'reconciling failed'))
  }
}
