/** One typed event with synchronous listeners; a listener that throws does not keep the others from hearing it. */
export class Emitter<T> {
  private readonly listeners = new Set<(value: T) => void>()

  constructor(private readonly onFailure: (error: unknown) => void = () => undefined) {}

  /** How many listen. */
  get size(): number {
    return this.listeners.size
  }

  /** Returns the way to stop listening. */
  on(listener: (value: T) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  emit(value: T): void {
    for (const listener of this.listeners) {
      try {
        listener(value)
      } catch (error) {
        this.onFailure(error)
      }
    }
  }
}
