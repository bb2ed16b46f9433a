/** How much of an upstream is kept for its readers. */
export interface Keep<T> {
  readonly items: number
  readonly bytes?: number
  /** Bytes of one item; nothing when left out. */
  readonly sizeOf?: (item: T) => number
}

/** The newest items of an upstream, numbered from 0: bounded, however far behind a reader is. */
export class Ring<T> {
  /** Number of the oldest that is kept. */
  first = 0
  private items: T[] = []
  /** Places at the head of `items` that are free: moving all of them for each item would cost. */
  private free = 0
  private bytes = 0

  constructor(private readonly keep: Keep<T>) {}

  /** Number that the next item will get. */
  get next(): number {
    return this.first + this.items.length - this.free
  }

  /** The oldest would be dropped for it. */
  isFullFor(item: T): boolean {
    const { items, bytes = Infinity } = this.keep
    const count = this.next - this.first
    return count > 0 && (count >= items || this.bytes + this.sizeOf(item) > bytes)
  }

  push(item: T): void {
    this.items.push(item)
    this.bytes += this.sizeOf(item)
    const { items, bytes = Infinity } = this.keep
    while (this.next - this.first > items || (this.bytes > bytes && this.next - this.first > 1)) this.drop()
  }

  /** From the number on, at most so many; what is not kept any more is left out. */
  slice(from: number, most: number): readonly T[] {
    const start = this.free + Math.max(0, from - this.first)
    return this.items.slice(start, start + most)
  }

  /** Number of the newest item that is such; null where none is kept. */
  find(isSuch: (item: T) => boolean): number | null {
    const index = this.items.findLastIndex((item, at) => at >= this.free && isSuch(item))
    return index < 0 ? null : this.first + index - this.free
  }

  private drop(): void {
    this.bytes -= this.sizeOf(this.items[this.free]!)
    // whoever holds the array must not hold what was dropped
    this.items[this.free] = undefined as T
    this.free += 1
    this.first += 1
    if (this.free < 64 || this.free * 2 < this.items.length) return
    this.items = this.items.slice(this.free)
    this.free = 0
  }

  private sizeOf(item: T): number {
    return this.keep.sizeOf?.(item) ?? 0
  }
}
