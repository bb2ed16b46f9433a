import { Injectable, type OnModuleInit } from '@nestjs/common'
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { Inventory } from '../engine/index.js'
import type { OwnedKind, OwnershipRow } from '../store/schema.js'
import { SettingsStore } from '../store/settings.store.js'

/** Labels that only the gateway writes. */
export const LABEL_UID = 'berth.uid'
export const LABEL_WITNESS = 'berth.witness'

/**
 * Labels are witnesses, the database is the authority: an object is its row's only if the row exists AND the label's HMAC
 * agrees, so that a name used again or a restored backup confuses nobody.
 */
@Injectable()
export class Witness implements OnModuleInit {
  private key = Buffer.alloc(0)
  /** Proofs that held, by the labels of an entry, which never change: a signature costs more than all else in a row of a list. */
  private readonly proven = new WeakMap<object, string>()

  constructor(
    private readonly settings: SettingsStore,
    private readonly inventory: Inventory,
  ) {}

  async onModuleInit(): Promise<void> {
    this.key = Buffer.from(await this.settings.getOrCreate('witness_key', () => randomBytes(32).toString('base64')), 'base64')
  }

  /** The labels of a new object. */
  labels(kind: OwnedKind, uid: string, teamId: string): Record<string, string> {
    return { [LABEL_UID]: uid, [LABEL_WITNESS]: this.sign(kind, uid, teamId) }
  }

  /** Do these labels prove that the object is the row's? */
  proves(row: Pick<OwnershipRow, 'kind' | 'uid' | 'team_id'>, labels: Readonly<Record<string, string>>): boolean {
    const claim = `${row.kind}|${row.uid}|${row.team_id}`
    if (this.proven.get(labels) === claim) return true
    const given = Buffer.from(labels[LABEL_WITNESS] ?? '')
    const right = Buffer.from(this.sign(row.kind, row.uid, row.team_id))
    const proved = labels[LABEL_UID] === row.uid && given.length === right.length && timingSafeEqual(given, right)
    if (proved) this.proven.set(labels, claim)
    return proved
  }

  /**
   * Is the object that the engine has now the one of the row? While the inventory is stale or has not met the object, the row
   * alone decides: the engine then answers for itself, by full id.
   */
  agrees(row: OwnershipRow): boolean {
    const entry = this.entry(row)
    if (!entry) return this.inventory.stale
    if (row.witness === 'adopted') return row.engine_created === creationOf(entry.created)
    return this.proves(row, entry.labels)
  }

  private entry(row: OwnershipRow): { created: number; labels: Readonly<Record<string, string>> } | undefined {
    const id = row.engine_id ?? ''
    if (row.kind === 'container') return this.inventory.containers.get(id)
    if (row.kind === 'volume') return this.inventory.volumes.get(id)
    if (row.kind === 'network') return this.inventory.networks.get(id)
    return undefined
  }

  private sign(kind: OwnedKind, uid: string, teamId: string): string {
    return createHmac('sha256', this.key).update(`${kind}|${uid}|${teamId}`).digest('base64url')
  }
}

/** A creation time as ownership rows keep it: whole seconds, since that is all that the engine's lists tell. */
export function creationOf(unixMs: number): string {
  return String(Math.floor(unixMs / 1000))
}
