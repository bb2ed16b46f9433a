import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'
import type { LogRecord, OwnEnd, StreamItem } from '../../streams/source.js'
import type { TailItem } from './logs-tail.js'

/** How long a live record waits for an older one of another container. */
export const WINDOW_MS = 100
/** Live records that are held back while another container's history is read. */
const MOST_HELD = 5_000

type Tail = AsyncGenerator<TailItem, OwnEnd>

/** A record on its way, or something else that keeps its place. */
interface Held {
  /** RFC 3339, of equal length: text order is time order. */
  readonly time: string
  /** Unix milliseconds of its arrival at the gateway, the same for all viewers; 0 for history. */
  readonly at: number
  readonly source: Source
  readonly item: StreamItem
}

/** One tail and what was read ahead of it. */
class Source {
  held: Held[] = []
  ended = false
  /** Its history is told: what it has not given yet was written after what others have given. */
  live = false
  /** Counts what it gave. */
  given = 0
  private pulling = false
  private time = ''

  constructor(
    private readonly tail: Tail,
    /** The same for every viewer: the place that it has among equal times. */
    readonly key: string,
  ) {}

  get isOver(): boolean {
    return this.ended && this.held.length === 0
  }

  /** Its next record may be older than any other. */
  get isUnknown(): boolean {
    return !this.ended && !this.live && this.held.length === 0
  }

  pull(wake: () => void, fail: (error: unknown) => void): void {
    if (this.pulling || this.ended || this.held.length >= (this.live ? MOST_HELD : 1)) return
    this.pulling = true
    this.tail.next().then(({ done, value }) => {
      this.pulling = false
      this.given += 1
      if (done === true) this.ended = true
      else this.take(value)
      wake()
    }, fail)
  }

  /** Takes out the first ones. */
  shift(count: number): Held[] {
    return this.held.splice(0, count)
  }

  return(): Promise<unknown> {
    return this.tail.return({ reason: 'closed' })
  }

  private take(value: TailItem): void {
    if ('live' in value) {
      this.live = value.live
      return
    }
    const { at = 0 } = value
    if (!('frames' in value)) return void this.held.push({ time: this.time, at, source: this, item: value })
    for (const frame of value.frames) {
      // what is no record keeps its place behind the last one
      this.time = (frame as Partial<LogRecord>).time ?? this.time
      this.held.push({ time: this.time, at, source: this, item: { frames: [frame] } })
    }
  }
}

/**
 * Several tails as one. Histories are merged strictly by time. A live record waits for a small window, so that an older one of
 * another container can still go first; which goes first follows from their times and their arrival at the gateway alone, so
 * all viewers see the same order. `keys`: names of the tails that do not depend on the viewer.
 */
export async function* merged(tails: readonly Tail[], keys: readonly string[]): AsyncGenerator<StreamItem, OwnEnd> {
  if (tails.length === 1) return yield* alone(tails[0]!)
  const sources = tails.map((tail, index) => new Source(tail, keys[index]!))
  const news = new News()
  try {
    for (;;) {
      await news.settled(sources)
      if (sources.every(({ isOver }) => isOver)) return { reason: 'ended' }
      const due = sources.every(({ live, ended }) => live || ended) ? released(sources, Date.now()) : strict(sources)
      if (due.length > 0) yield* joined(due)
      else await news.next(sources.some(({ held, live }) => live && held.length > 0) ? WINDOW_MS / 4 : undefined)
    }
  } finally {
    for (const source of sources) void source.return().catch(() => undefined)
  }
}

/** Whether something came from any of the sources. */
class News {
  private signal = Promise.withResolvers<void>()
  private failure: { error: unknown } | undefined

  /** Pulls until nothing more is there at the moment. */
  async settled(sources: readonly Source[]): Promise<void> {
    for (let before = -1, given = total(sources); given !== before; given = total(sources)) {
      before = given
      for (const source of sources) source.pull(this.wake, this.fail)
      await turn()
      if (this.failure) throw this.failure.error
    }
  }

  async next(limit: number | undefined): Promise<void> {
    await Promise.race([this.signal.promise, ...(limit === undefined ? [] : [delay(limit)])])
    this.signal = Promise.withResolvers()
  }

  private readonly wake = (): void => this.signal.resolve()
  private readonly fail = (error: unknown): void => {
    this.failure ??= { error }
    this.wake()
  }
}

function total(sources: readonly Source[]): number {
  return sources.reduce((sum, { given }) => sum + given, 0)
}

/** While a history is read: the oldest, as long as none that is not known yet can be older. */
function strict(sources: readonly Source[]): Held[] {
  if (sources.some(({ isUnknown }) => isUnknown)) return []
  const [first, second] = sources.filter(({ held }) => held.length > 0).toSorted((a, b) => inOrder(a.held[0]!, b.held[0]!))
  if (!first) return []
  const limit = second?.held[0]
  const count = limit ? first.held.findIndex((each) => inOrder(each, limit) > 0) : -1
  return first.shift(count < 0 ? first.held.length : count)
}

/** All live: what has waited for its time, each with all that is older than it and came while it waited. */
function released(sources: readonly Source[], now: number): Held[] {
  const waiting = sources.flatMap(({ held }) => held)
  const arrivals = [...new Set(waiting.map(({ at }) => at))].filter((at) => at + WINDOW_MS <= now).toSorted((a, b) => a - b)
  if (arrivals.length === 0) return []
  const out: Held[] = []
  let rest = waiting
  for (const arrival of arrivals) {
    const newest = rest.reduce((last, { at, time }) => (at <= arrival && time > last ? time : last), '')
    const isDue = ({ at, time }: Held): boolean => at <= arrival + WINDOW_MS && time <= newest
    out.push(...rest.filter(isDue).toSorted(inOrder))
    rest = rest.filter((each) => !isDue(each))
  }
  for (const source of sources) source.held = rest.filter((each) => each.source === source)
  return out
}

function inOrder(a: Held, b: Held): number {
  if (a.time !== b.time) return a.time < b.time ? -1 : 1
  return a.source.key < b.source.key ? -1 : a.source.key > b.source.key ? 1 : 0
}

/** Neighbouring frames in one item. */
function* joined(held: readonly Held[]): Generator<StreamItem> {
  let frames: object[] = []
  for (const { item } of held) {
    if ('frames' in item) frames.push(...item.frames)
    else {
      if (frames.length > 0) yield { frames }
      frames = []
      yield item
    }
  }
  if (frames.length > 0) yield { frames }
}

async function* alone(tail: Tail): AsyncGenerator<StreamItem, OwnEnd> {
  try {
    for (let next = await tail.next(); ; next = await tail.next()) {
      if (next.done === true) return next.value
      if (!('live' in next.value)) yield next.value
    }
  } finally {
    await tail.return({ reason: 'closed' })
  }
}
