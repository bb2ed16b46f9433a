import { Injectable, Logger } from '@nestjs/common'
import { setTimeout as delay } from 'node:timers/promises'
import { Engine } from '../engine/index.js'
import { isCode } from './holding-tags.js'

/** A canceled pull ends on the engine by itself, a moment after its connection: whatever it still wrote goes at a second look. */
const SECOND_LOOK_MS = 250

interface Use {
  users: number
  /** The host's operator had it before us: it is not ours to drop. */
  readonly foreign: Promise<boolean>
  closing: Promise<void> | null
}

/**
 * Public references on the engine while we need them: a pull makes `name@digest`, which is dropped when the last of those
 * that use it at the time is done, so that two teams with the same pull do not disturb each other. A digest has one
 * content, whoever pulled it; a tag has not, so tags are used by one at a time.
 */
@Injectable()
export class ScratchReferences {
  private readonly logger = new Logger('images')
  private readonly uses = new Map<string, Use>()
  private readonly tags = new Map<string, Promise<unknown>>()

  constructor(private readonly engine: Engine) {}

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
  async tag<T>(name: { repository: string; tag: string }, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const reference = `${name.repository}:${name.tag}`
    const before = this.tags.get(reference) ?? Promise.resolve()
    const mine = before.then(() => this.alone(name, signal, work))
    const settled = mine.catch(() => undefined)
    this.tags.set(reference, settled)
    try {
      return await mine
    } finally {
      if (this.tags.get(reference) === settled) this.tags.delete(reference)
    }
  }

  private async alone<T>(name: { repository: string; tag: string }, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    const reference = `${name.repository}:${name.tag}`
    const operators = await this.idOf(reference)
    try {
      return await work()
    } finally {
      if (operators === null) await this.drop(reference, signal)
      else await this.engine.images.tag(operators, name).catch((error: unknown) => this.warn(error, reference))
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
    const use: Use = { users: 1, closing: null, foreign: this.idOf(reference).then((id) => id !== null) }
    this.uses.set(reference, use)
    try {
      await use.foreign
      return use
    } catch (error) {
      this.uses.delete(reference)
      throw error
    }
  }

  private async close(reference: string, use: Use, signal: AbortSignal): Promise<void> {
    use.closing = use.foreign.then(
      (foreign) => (foreign ? undefined : this.drop(reference, signal)),
      () => undefined,
    )
    await use.closing
    this.uses.delete(reference)
  }

  private async drop(reference: string, signal: AbortSignal): Promise<void> {
    await this.remove(reference)
    if (!signal.aborted) return
    await delay(SECOND_LOOK_MS)
    await this.remove(reference)
  }

  private async remove(reference: string): Promise<void> {
    try {
      await this.engine.images.remove(reference)
    } catch (error) {
      if (!isCode(error, 'NOT_FOUND')) this.warn(error, reference)
    }
  }

  private async idOf(reference: string): Promise<string | null> {
    try {
      return (await this.engine.images.inspect(reference)).Id
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) return null
      throw error
    }
  }

  private warn(error: unknown, reference: string): void {
    this.logger.warn({ err: error, reference }, 'a reference that was used for a transfer stays on the engine')
  }
}
