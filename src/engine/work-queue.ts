/** Runs one piece of work per key, a few at a time; a key that comes again while its work runs is done once more after it. */
export class WorkQueue {
  private readonly waiting = new Map<string, () => Promise<unknown>>()
  private readonly running = new Set<string>()
  private idle: (() => void)[] = []

  constructor(
    private readonly atOnce: number,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  add(key: string, work: () => Promise<unknown>): void {
    this.waiting.set(key, work)
    this.pump()
  }

  /** Forgets what has not begun. */
  clear(): void {
    this.waiting.clear()
    this.settle()
  }

  /** Resolves when there is nothing to do. */
  whenIdle(): Promise<void> {
    return new Promise((resolve) => {
      this.idle.push(resolve)
      this.settle()
    })
  }

  private pump(): void {
    for (const [key, work] of this.waiting) {
      if (this.running.size >= this.atOnce) return
      if (this.running.has(key)) continue
      this.waiting.delete(key)
      void this.run(key, work)
    }
  }

  private async run(key: string, work: () => Promise<unknown>): Promise<void> {
    this.running.add(key)
    try {
      await work()
    } catch (error) {
      this.onFailure(error)
    }
    this.running.delete(key)
    this.pump()
    this.settle()
  }

  private settle(): void {
    if (this.waiting.size > 0 || this.running.size > 0) return
    for (const resolve of this.idle.splice(0)) resolve()
  }
}
