import { Injectable, Logger } from '@nestjs/common'
import { setTimeout as delay } from 'node:timers/promises'
import { ProcessIdentity } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import type { AppError } from '../common/errors.js'
import { Engine } from '../engine/index.js'
import { ImageScratchStore } from '../store/image-scratch.store.js'
import type { ImageScratchRow } from '../store/schema.js'
import { isCode } from './holding-tags.js'

/** A canceled pull ends on the engine by itself, a moment after its connection: whatever it still wrote goes at a second look. */
const SECOND_LOOK_MS = 250
/** How often a process looks whether another one is done with a tag. */
const POLL_MS = 200
/** The holder of a tag. */
const TAG = 'tag'

/** A tag of a repository. */
export interface TagName {
  readonly repository: string
  readonly tag: string
}

interface Use {
  users: number
  readonly row: Promise<ImageScratchRow>
  closing: Promise<void> | null
}

/**
 * Public references on the engine while we need them: a pull makes `name@digest`, which is dropped when the last of those
 * that use it at the time is done, so that two teams with the same pull do not disturb each other. A digest has one
 * content, whoever pulled it; a tag has not, so tags are used by one at a time. Each has a row while it is used: other
 * processes see it, and what a process that died left is taken away.
 */
@Injectable()
export class ScratchReferences {
  private readonly logger = new Logger('images')
  private readonly uses = new Map<string, Use>()
  private readonly tags = new Map<string, Promise<unknown>>()

  constructor(
    private readonly engine: Engine,
    private readonly store: ImageScratchStore,
    private readonly process: ProcessIdentity,
  ) {}

  /** Runs the work with `name@digest` as scratch. */
  async digest<T>(reference: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const use = await this.enter(reference)
    try {
      return await work()
    } finally {
      if (--use.users === 0) await this.close(reference, use, signal)
    }
  }

  /** Runs the work with `name:tag` as scratch, after those that asked before; what the operator had there is put back. */
  async tag<T>(name: TagName, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const reference = `${name.repository}:${name.tag}`
    const before = this.tags.get(reference) ?? Promise.resolve()
    const mine = before.then(() => this.one(name, signal, work))
    const settled = mine.catch(() => undefined)
    this.tags.set(reference, settled)
    try {
      return await mine
    } finally {
      if (this.tags.get(reference) === settled) this.tags.delete(reference)
    }
  }

  /** The content that the operator has under a public reference, whatever a transfer of ours has put there for the moment; null for none. */
  operators(reference: string): Promise<string | null> {
    return this.store.alone(reference, async () => {
      const [ours] = await this.store.rows(reference)
      return ours ? ours.restore_id : this.idOf(reference)
    })
  }

  /** Takes away what processes left that are no more. */
  async sweep(): Promise<void> {
    const alive = await this.process.alive()
    for (const row of await this.store.rows()) if (!alive.includes(row.process_id)) await this.clear(row)
  }

  private async one<T>(name: TagName, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const reference = `${name.repository}:${name.tag}`
    const row = await this.claim(reference, signal)
    try {
      return await work()
    } finally {
      await this.settle(row, signal)
    }
  }

  /** Waits until no process uses the tag. */
  private async claim(reference: string, signal: AbortSignal): Promise<ImageScratchRow> {
    for (;;) {
      signal.throwIfAborted()
      const row = await this.store.alone(reference, async () => {
        const [other] = await this.store.rows(reference)
        if (other && (await this.process.alive()).includes(other.process_id)) return null
        if (other) await this.undo(other)
        return this.insert(reference, TAG, await this.idOf(reference))
      })
      if (row) return row
      await delay(POLL_MS)
    }
  }

  private async enter(reference: string): Promise<Use> {
    for (;;) {
      const present = this.uses.get(reference)
      if (!present) break
      if (!present.closing) {
        present.users++
        return present
      }
      await present.closing
    }
    const use: Use = { users: 1, closing: null, row: this.share(reference) }
    this.uses.set(reference, use)
    try {
      await use.row
      return use
    } catch (error) {
      this.uses.delete(reference)
      throw error
    }
  }

  /** It is the operator's when it is there, and no process of ours has it. */
  private share(reference: string): Promise<ImageScratchRow> {
    return this.store.alone(reference, async () => {
      const [other] = await this.store.rows(reference)
      return this.insert(reference, this.process.id, other ? other.restore_id : await this.idOf(reference))
    })
  }

  private async close(reference: string, use: Use, signal: AbortSignal): Promise<void> {
    use.closing = use.row.then((row) => this.leave(row, signal)).finally(() => this.uses.delete(reference))
    await use.closing
  }

  private leave(row: ImageScratchRow, signal: AbortSignal): Promise<void> {
    return this.store.alone(row.reference, async () => {
      const others = (await this.store.rows(row.reference)).length > 1
      await (others ? this.store.remove(row) : this.settle(row, signal))
    })
  }

  private clear(row: ImageScratchRow): Promise<void> {
    return this.store.alone(row.reference, async () => {
      const rows = await this.store.rows(row.reference)
      // somebody else has cleared it, or taken it over
      if (!rows.some((each) => each.holder === row.holder && each.process_id === row.process_id)) return
      await (rows.length === 1 ? this.undo(row) : this.store.remove(row))
    })
  }

  private async undo(row: ImageScratchRow): Promise<void> {
    await this.settle(row, null)
    this.logger.log({ reference: row.reference }, 'a reference that an interrupted transfer used was taken away')
  }

  /** As the operator had it before us; what the engine fails to do now is for the sweep. */
  private async settle(row: ImageScratchRow, signal: AbortSignal | null): Promise<void> {
    try {
      await this.restore(row, signal)
      await this.store.remove(row)
    } catch (error) {
      this.logger.warn({ err: error, reference: row.reference }, 'a reference that was used for a transfer stays on the engine for now')
      await this.store.abandon(row)
    }
  }

  private async restore({ reference, restore_id: operators }: ImageScratchRow, signal: AbortSignal | null): Promise<void> {
    const [, repository, tag] = /^([^@]+):([^:/@]+)$/.exec(reference) ?? []
    if (operators !== null) {
      // a digest is what it was
      if (repository && tag) await unlessCode(this.engine.images.tag(operators, { repository, tag }), 'NOT_FOUND')
      return
    }
    await this.drop(reference)
    if (!signal?.aborted) return
    await delay(SECOND_LOOK_MS)
    await this.drop(reference)
  }

  private async drop(reference: string): Promise<void> {
    await unlessCode(this.engine.images.remove(reference), 'NOT_FOUND', 'IMAGE_IN_USE', 'CONFLICT')
  }

  private async insert(reference: string, holder: string, restoreId: string | null): Promise<ImageScratchRow> {
    const row = { reference, holder, process_id: this.process.id, restore_id: restoreId, created_at: nowIso() }
    await this.store.insert(row)
    return row
  }

  private async idOf(reference: string): Promise<string | null> {
    try {
      return (await this.engine.images.inspect(reference)).Id
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) return null
      throw error
    }
  }
}

/** The promise, but no error where it is one of these. */
async function unlessCode(promise: Promise<unknown>, ...codes: AppError['code'][]): Promise<void> {
  await promise.catch((error: unknown) => {
    if (!isCode(error, ...codes)) throw error
  })
}
