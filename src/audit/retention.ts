import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import { nowIso } from '../common/clock.js'
import { Config } from '../config/config.js'
import { AuditStore } from '../store/audit.store.js'
import { RETENTION } from './retention-record.js'

const DAY_MS = 86_400_000
const EVERY_MS = 3_600_000

/** Removes the records that are older than BERTH_AUDIT_RETENTION_DAYS, from the beginnings of the chains, and leaves a record of it. */
@Injectable()
export class AuditRetention implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('audit-retention')
  private timer: NodeJS.Timeout | undefined
  private running: Promise<void> = Promise.resolve()
  private stopped = false

  constructor(
    private readonly store: AuditStore,
    private readonly config: Config,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.BERTH_AUDIT_RETENTION_DAYS === 0) return
    const run = (): void => void (this.running = this.run().catch((error: unknown) => this.logger.error(error, 'old audit records stay')))
    run()
    this.timer = setInterval(run, EVERY_MS).unref()
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true
    clearInterval(this.timer)
    await this.running
  }

  /** Removes all that is too old now. */
  async run(): Promise<void> {
    const before = nowIso(-this.config.BERTH_AUDIT_RETENTION_DAYS * DAY_MS)
    for (let removed = 1; removed > 0 && !this.stopped;) {
      removed = await this.store.trim(before, (digest) => ({ ...RETENTION, at: nowIso(), request_id: randomUUID(), target: digest }))
      if (removed > 0) this.logger.log({ removed, before }, 'audit records were removed by retention')
    }
  }
}
