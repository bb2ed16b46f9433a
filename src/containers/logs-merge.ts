import { setTimeout as delay } from 'node:timers/promises'
import type { LogRecord, OwnEnd, StreamItem } from '../streams/source.js'

/** How long a record waits for an older one of another container. */
const WINDOW_MS = 20

type Tail = AsyncGenerator<StreamItem, OwnEnd>

/** One tail and what was read ahead of it: at most one item. */
class Source {
  item: StreamItem | undefined
  ended = false
  private pulling = false

  constructor(private readonly tail: Tail) {}

  get isWaiting(): boolean {
    return this.pulling
  }

  pull(wake: () => void, fail: (error: unknown) => void): void {
    if (this.pulling || this.ended || this.item) return
    this.pulling = true
    this.tail.next().then(({ done, value }) => {
      this.pulling = false
      if (done === true) this.ended = true
      else this.item = value
      wake()
    }, fail)
  }

  /** Of its first record; what is no record goes first. */
  get time(): string {
    const first = this.item && 'frames' in this.item ? (this.item.frames[0] as LogRecord | undefined) : undefined
    return first?.time ?? ''
  }

  /** Takes the records up to the time, all of them without one. */
  takeUpTo(limit: string | undefined): StreamItem {
    const { item } = this
    this.item = undefined
    if (limit === undefined || !item || !('frames' in item)) return item!
    const count = item.frames.findIndex((record) => ((record as LogRecord).time ?? '') > limit)
    if (count <= 0) return item
    this.item = { frames: item.frames.slice(count) }
    return { frames: item.frames.slice(0, count) }
  }

  return(): Promise<unknown> {
    return this.tail.return({ reason: 'closed' })
  }
}

/**
 * Several tails as one, in the order of their times: of live ones as far as they come within a small window, of others all
 * of it. One tail is passed through.
 */
export async function* merged(tails: readonly Tail[], { live }: { readonly live: boolean }): AsyncGenerator<StreamItem, OwnEnd> {
  if (tails.length === 1) return yield* tails[0]!
  const sources = tails.map((tail) => new Source(tail))
  let signal = Promise.withResolvers<void>()
  const wake = (): void => signal.resolve()
  let failure: { error: unknown } | undefined
  const fail = (error: unknown): void => {
    failure ??= { error }
    wake()
  }
  try {
    for (;;) {
      for (const source of sources) source.pull(wake, fail)
      if (failure) throw failure.error
      const ready = sources.filter(({ item }) => item)
      if (sources.every(({ ended }) => ended)) return { reason: 'ended' }
      const isShort = live ? ready.length === 0 : ready.length < sources.filter(({ ended }) => !ended).length
      if (isShort) {
        await signal.promise
        signal = Promise.withResolvers()
        if (live && sources.some(({ isWaiting }) => isWaiting)) await delay(WINDOW_MS)
        continue
      }
      ready.sort((a, b) => (a.time < b.time ? -1 : 1))
      yield ready[0]!.takeUpTo(ready[1]?.time)
    }
  } finally {
    for (const source of sources) void source.return().catch(() => undefined)
  }
}
