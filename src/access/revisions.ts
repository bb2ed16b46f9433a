import { Injectable, type OnModuleInit } from '@nestjs/common'
import { createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import { AppError } from '../common/errors.js'
import { Inventory } from '../engine/index.js'
import { OwnershipStore } from '../store/ownership.store.js'
import { SettingsStore } from '../store/settings.store.js'
import type { Grant } from './grant.js'
import type { OperationId } from './operations.js'
import { ProcessIdentity } from './process-identity.js'
import type { Target } from './targets.js'

/** Header of a write's answer, and of a read that must see that write. */
export const REVISION_HEADER = 'Berth-Revision'

/** Longest wait of a read. */
const PATIENCE_MS = 1_000
/** Revisions of other processes that this one has caught up with. */
const MOST_REACHED = 1_000
const FORM = /^([\w-]{1,64})\.(\d{1,16})\.([\w-]{0,400})\.([\w-]{43})$/

/**
 * A write is in the inventory of its own process before it is answered, so the next read there sees it. Another process hears of
 * it from the engine a moment later; a read that sends the write's revision makes it look at once.
 */
@Injectable()
export class Revisions implements OnModuleInit {
  private key = Buffer.alloc(0)
  private readonly reached = new Set<string>()

  constructor(
    private readonly process: ProcessIdentity,
    private readonly inventory: Inventory,
    private readonly ownership: OwnershipStore,
    private readonly settings: SettingsStore,
  ) {}

  async onModuleInit(): Promise<void> {
    this.key = Buffer.from(await this.settings.getOrCreate('revision_key', () => randomBytes(32).toString('base64')), 'base64')
  }

  /** Of a write that was done: this process, and what was written to. The number only tells two apart: a counter would tell how much others do. */
  of({ target }: Grant<OperationId>): string {
    const text = `${this.process.id}.${randomInt(2 ** 47)}.${Buffer.from(objectOf(target)).toString('base64url')}`
    return `${text}.${this.sign(text)}`
  }

  /** Resolves when this process shows what the write has done. @throws AppError INVALID_REQUEST, ENGINE_UNAVAILABLE after a second */
  async reach(revision: string): Promise<void> {
    const [, process, , object = '', signature = ''] = FORM.exec(revision) ?? []
    // Signed, since each one that is new costs the engine a look.
    if (process === undefined || !this.isOurs(revision.slice(0, -signature.length - 1), signature)) throw notOne()
    if (process === this.process.id || this.reached.has(revision)) return
    await within(PATIENCE_MS, this.catchUp(Buffer.from(object, 'base64url').toString()))
    if (this.reached.size >= MOST_REACHED) this.reached.clear()
    this.reached.add(revision)
  }

  private async catchUp(object: string): Promise<void> {
    const [kind, id = ''] = object.split(' ')
    // What an update changes does not show in a list.
    const looked = isKind(kind) ? this.inventory.refresh(kind, id) : undefined
    await Promise.all([this.inventory.catchUp(), looked])
    // Rows that were read before are read again.
    this.ownership.wrote()
  }

  private isOurs(text: string, signature: string): boolean {
    const [given, right] = [Buffer.from(signature), Buffer.from(this.sign(text))]
    return given.length === right.length && timingSafeEqual(given, right)
  }

  private sign(text: string): string {
    return createHmac('sha256', this.key).update(text).digest('base64url')
  }
}

function objectOf(target: Target): string {
  return 'engineId' in target ? `${target.kind} ${target.engineId}` : ''
}

function isKind(kind: string | undefined): kind is 'container' | 'volume' | 'network' {
  return kind === 'container' || kind === 'volume' || kind === 'network'
}

function notOne(): AppError {
  const errors = [{ pointer: `/headers/${REVISION_HEADER}`, detail: 'is not one that a write has answered' }]
  return new AppError('INVALID_REQUEST', { reason: 'the revision is not valid', errors })
}

async function within(limit: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AppError('ENGINE_UNAVAILABLE')), limit)
  })
  try {
    await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
    work.catch(() => undefined)
  }
}
