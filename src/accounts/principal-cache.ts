import { Injectable, type OnModuleDestroy } from '@nestjs/common'
import { AccessChanges, type Principal } from '../access/index.js'

/** Longest time that a change made by another process may stay unseen here. */
const TTL_MS = 500
const MAX_ENTRIES = 10_000

/** What a look-up of a principal began with; a change since then makes its result old. */
export type Era = number

/** Principals by bearer token for half a second, emptied by every change of rights that this process makes. */
@Injectable()
export class PrincipalCache implements OnModuleDestroy {
  private readonly entries = new Map<string, { principal: Principal; until: number }>()
  private readonly stop: () => void
  private current: Era = 0

  constructor(changes: AccessChanges) {
    this.stop = changes.listen(() => this.clear())
  }

  get era(): Era {
    return this.current
  }

  get(token: string): Principal | null {
    const entry = this.entries.get(token)
    if (!entry) return null
    if (entry.until > Date.now()) return entry.principal
    this.entries.delete(token)
    return null
  }

  /** Keeps it unless something has changed since the look-up began. */
  put(token: string, principal: Principal, era: Era): void {
    if (era !== this.current) return
    if (this.entries.size >= MAX_ENTRIES) this.entries.clear()
    this.entries.set(token, { principal, until: Math.min(Date.now() + TTL_MS, principal.credential.expiresAt.getTime()) })
  }

  onModuleDestroy(): void {
    this.stop()
  }

  private clear(): void {
    this.current++
    this.entries.clear()
  }
}
