/** A client that gives back more than it took would otherwise hold any amount of our memory. */
const LARGEST = 16 * 1_048_576

/**
 * How much may be sent to one reader: open while it has credit and its connection is not congested. Who waits for it is what
 * stops the upstream from being read.
 */
export class Window {
  private readonly waiting = new Set<() => void>()
  private closed = false

  constructor(
    private credit: number,
    private readonly congested: () => boolean,
  ) {}

  get isOpen(): boolean {
    return !this.closed && this.credit > 0 && !this.congested()
  }

  take(bytes: number): void {
    this.credit -= bytes
  }

  give(bytes: number): void {
    this.credit = Math.min(LARGEST, this.credit + bytes)
    this.look()
  }

  /** Something may have changed: the connection's buffer was drained. */
  look(): void {
    if (!this.isOpen && !this.closed) return
    const woken = [...this.waiting]
    this.waiting.clear()
    for (const wake of woken) wake()
  }

  /** Resolves when it is open, or closed for good. */
  async opened(): Promise<void> {
    while (!this.isOpen && !this.closed) await new Promise<void>((wake) => this.waiting.add(wake))
  }

  close(): void {
    this.closed = true
    this.look()
  }
}
