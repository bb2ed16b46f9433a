import { setTimeout as delay } from 'node:timers/promises'
import { type Keep, Ring } from './ring.js'

/** Some of an upstream, in order. `missed`: so many before them are lost to this reader, who was too slow for the ring. */
export interface Turn<T> {
  readonly items: readonly T[]
  readonly missed: number
}

/** What an upstream knows of those who read it. */
export interface Audience {
  /** Aborted when the last reader has been gone for the linger time. */
  readonly signal: AbortSignal
  /** Waits until somebody wants the next item: the shortest interval of all readers, counted from the last call. */
  pace(): Promise<void>
}

export interface SharedOptions<T> {
  readonly keep: Keep<T>
  /** How long an upstream stays open for the next reader. */
  readonly lingerMs: number
  /**
   * How long an upstream waits for its fastest reader before anything is lost to that one too; then it ends, and whoever reads on
   * has to come again. Absent: it waits for nobody.
   */
  readonly patienceMs?: number
}

export interface JoinOptions {
  readonly signal: AbortSignal
  /** How often this reader wants an item, where the upstream asks by `pace`. */
  readonly everyMs?: number
}

/** Thrown to readers: the upstream was ended, by us, before its end. What comes after the last item is not known to be nothing. */
export class CutShort extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'CutShort'
  }
}

/** Most items of one turn: one slow reader must not copy a whole ring at once. */
const MOST_ITEMS = 1_000

/**
 * One upstream for each key, however many read it: the first reader opens it, late ones get what the ring still has, and it
 * lingers a while after the last. It is read at its own pace; a reader that is slower than that misses items and is told of
 * it, so it costs nobody anything.
 */
export class SharedUpstreams<T> {
  private readonly open = new Map<string, Promise<Upstream<T>>>()

  constructor(private readonly options: SharedOptions<T>) {}

  /** Upstreams that are open, lingering ones too. */
  get size(): number {
    return this.open.size
  }

  /**
   * Joins what is there, else opens it. The generator is returned at the end of the upstream.
   * @throws what `open` throws, for all who wait for it.
   */
  async join(
    key: string,
    open: (audience: Audience) => Promise<AsyncGenerator<readonly T[]>>,
    options: JoinOptions,
  ): Promise<SharedReader<T>> {
    let upstream = this.open.get(key)
    if (!upstream) {
      const forget = (): void => {
        if (this.open.get(key) === opening) this.open.delete(key)
      }
      const opening = Upstream.start(open, this.options, forget)
      opening.catch(forget)
      this.open.set(key, (upstream = opening))
    }
    return (await upstream).join(options)
  }
}

/** Where one reader is. Reading is done by whoever has joined; leaving is by its signal. */
export class SharedReader<T> {
  /** Number of the next item for it. */
  at: number

  constructor(
    private readonly upstream: Upstream<T>,
    readonly options: JoinOptions,
  ) {
    this.at = upstream.ring.first
  }

  /** Leaves out all that came until now. */
  skip(): void {
    this.at = this.upstream.ring.next
  }

  /** Goes to the newest item that is such; false, and stays, where none is kept. */
  skipTo(isSuch: (item: T) => boolean): boolean {
    const place = this.upstream.ring.find(isSuch)
    this.at = place ?? this.at
    return place !== null
  }

  /** What there is since the last turn, or what comes next. Null: the upstream has ended, or the signal. @throws its error */
  async next(): Promise<Turn<T> | null> {
    const { upstream, options } = this
    const { ring } = upstream
    while (this.at >= ring.next && !upstream.ended && !options.signal.aborted) await upstream.changed(options.signal)
    if (options.signal.aborted) return null
    const missed = Math.max(0, ring.first - this.at)
    const items = ring.slice(this.at, MOST_ITEMS)
    if (items.length > 0) {
      this.at = Math.max(this.at, ring.first) + items.length
      upstream.moved()
      return { items, missed }
    }
    if (upstream.ended && 'error' in upstream.ended) throw upstream.ended.error
    return null
  }
}

class Upstream<T> {
  readonly ring: Ring<T>
  ended: { error: unknown } | {} | undefined
  private readonly aborting = new AbortController()
  /** Aborted at its end, however it came. */
  private readonly over = new AbortController()
  private readonly readers = new Set<SharedReader<T>>()
  private news = Promise.withResolvers<void>()
  private progress = Promise.withResolvers<void>()
  private lingering: NodeJS.Timeout | undefined
  private paceAt = 0
  /** Somebody came who may want the next item sooner. */
  private faster = Promise.withResolvers<void>()

  private constructor(
    private readonly options: SharedOptions<T>,
    private readonly forget: () => void,
  ) {
    this.ring = new Ring(options.keep)
  }

  static async start<T>(
    open: (audience: Audience) => Promise<AsyncGenerator<readonly T[]>>,
    options: SharedOptions<T>,
    forget: () => void,
  ): Promise<Upstream<T>> {
    const upstream = new Upstream<T>(options, forget)
    const source = await open({ signal: upstream.aborting.signal, pace: () => upstream.pace() })
    void upstream.pump(source)
    // whoever waited for it may be gone already
    upstream.linger()
    return upstream
  }

  join(options: JoinOptions): SharedReader<T> {
    const reader = new SharedReader(this, options)
    if (options.signal.aborted) return reader
    clearTimeout(this.lingering)
    this.readers.add(reader)
    this.faster.resolve()
    // a stream that outlives it, as one of the next container of its name, must not hold it with all that it keeps
    options.signal.addEventListener('abort', () => this.leave(reader), { once: true, signal: this.over.signal })
    return reader
  }

  /** Resolves at the next item, at the end, or when the signal aborts. */
  async changed(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const done = (): void => resolve()
    signal.addEventListener('abort', done, { once: true })
    void this.news.promise.then(done)
    await promise
    signal.removeEventListener('abort', done)
  }

  private leave(reader: SharedReader<T>): void {
    this.readers.delete(reader)
    this.linger()
  }

  private linger(): void {
    if (this.readers.size > 0 || this.ended) return
    clearTimeout(this.lingering)
    this.lingering = setTimeout(() => this.close(), this.options.lingerMs).unref()
  }

  private close(): void {
    this.forget()
    this.aborting.abort()
  }

  /** A reader has read. */
  moved(): void {
    this.progress.resolve()
    this.progress = Promise.withResolvers()
  }

  private async pump(source: AsyncGenerator<readonly T[]>): Promise<void> {
    try {
      for await (const items of source) {
        if (!(await this.take(items))) throw new CutShort('its readers are too slow')
      }
      this.ended = {}
    } catch (error) {
      this.ended = this.aborting.signal.aborted ? {} : { error }
    }
    clearTimeout(this.lingering)
    this.forget()
    this.over.abort()
    this.wake()
  }

  /** False: even the fastest reader would have lost something, and it took too long. */
  private async take(items: readonly T[]): Promise<boolean> {
    const { ring, options } = this
    for (const item of items) {
      if (options.patienceMs !== undefined && ring.isFullFor(item) && !(await this.roomFor(item, options.patienceMs))) return false
      ring.push(item)
    }
    this.wake()
    return true
  }

  private async roomFor(item: T, patienceMs: number): Promise<boolean> {
    if (!this.isAhead(item)) return true
    this.wake()
    const late = AbortSignal.timeout(patienceMs)
    const ended = AbortSignal.any([late, this.aborting.signal])
    while (this.isAhead(item)) {
      if (ended.aborted) return false
      await Promise.race([this.progress.promise, aborted(ended, new AbortController().signal)])
    }
    return true
  }

  /** Every reader would lose something by this item. */
  private isAhead(item: T): boolean {
    const { ring, readers } = this
    return ring.isFullFor(item) && readers.size > 0 && [...readers].every(({ at }) => at <= ring.first)
  }

  private wake(): void {
    this.news.resolve()
    this.news = Promise.withResolvers()
  }

  private async pace(): Promise<void> {
    const { signal } = this.aborting
    this.paceAt ||= Date.now()
    for (;;) {
      const intervals = [...this.readers].map(({ options }) => options.everyMs ?? 0)
      const rest = this.paceAt + Math.min(...intervals) - Date.now()
      if (signal.aborted || rest <= 0) break
      this.faster = Promise.withResolvers()
      const waiting = new AbortController()
      // without a reader there is nothing to do until one comes, or the end
      const time = Number.isFinite(rest) ? delay(rest, undefined, { signal: waiting.signal }).catch(() => undefined) : undefined
      await Promise.race([...(time ? [time] : []), this.faster.promise, aborted(signal, waiting.signal)])
      waiting.abort()
    }
    this.paceAt = Date.now()
  }
}

function aborted(signal: AbortSignal, unless: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true, signal: unless })
  })
}
