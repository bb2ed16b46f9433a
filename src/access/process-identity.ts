import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { nowIso } from '../common/clock.js'
import { ProcessStore } from '../store/processes.store.js'

const BEAT_MS = 5_000
const LEASE_MS = 15_000

/** This gateway process and its lease in the database: what carries our id is ours until the lease ends. */
@Injectable()
export class ProcessIdentity implements OnModuleInit, OnApplicationShutdown {
  readonly id: string
  readonly startedAt = nowIso()
  private timer: NodeJS.Timeout | undefined

  constructor(private readonly store: ProcessStore) {
    this.id = store.id
  }

  async onModuleInit(): Promise<void> {
    await this.beat()
    // A missed beat is not fatal: the next one comes before the lease has ended.
    this.timer = setInterval(() => void this.beat().catch(() => undefined), BEAT_MS)
    this.timer.unref()
  }

  /** Processes whose lease has not ended; on the embedded database only this one. */
  async alive(): Promise<string[]> {
    if (this.store.exclusive) return [this.id]
    return [...new Set([this.id, ...(await this.store.alive(nowIso(-LEASE_MS)))])]
  }

  /** Forgets the processes whose lease has ended; true when there were any. */
  async buryDead(): Promise<boolean> {
    return (await this.store.bury(nowIso(-LEASE_MS))) > 0
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer)
    await this.store.remove(this.id).catch(() => undefined)
  }

  private beat(): Promise<void> {
    return this.store.beat(this.id, this.startedAt, nowIso())
  }
}
