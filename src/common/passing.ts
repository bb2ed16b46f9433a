/** Who looks at what passes. What is thrown here ends it, and is what the reader gets. */
export interface Lookout<T> {
  readonly item?: (item: T) => void
  /** All of it has passed. */
  readonly end?: () => void
  /** The source has failed. */
  readonly failed?: (error: unknown) => void
}

/**
 * The same items, looked at on their way. For what gigabytes pass through: a generator for each look makes four promises of each
 * item, this makes one. To be asked for one at a time, as `for await` does.
 */
export function passing<T>(source: AsyncIterable<T>, { item, end, failed }: Lookout<T>): AsyncIterable<T> {
  const iterator = source[Symbol.asyncIterator]()
  const leave = async (): Promise<void> => void (await iterator.return?.())
  const look = (turn: IteratorResult<T>): IteratorResult<T> | Promise<never> => {
    try {
      if (turn.done === true) end?.()
      else item?.(turn.value)
      return turn
    } catch (error) {
      return leave().then(() => Promise.reject(error as Error))
    }
  }
  const fail = (error: unknown): never => {
    failed?.(error)
    throw error
  }
  const next = (): Promise<IteratorResult<T>> => iterator.next().then(look, fail)
  return { [Symbol.asyncIterator]: () => ({ next, return: async () => (await leave(), { done: true, value: undefined }) }) }
}

/** What can be made only once something is known: it is made when it is first asked. */
export function begun<T>(make: () => Promise<AsyncIterable<T>>): AsyncIterable<T> {
  let iterator: AsyncIterator<T> | undefined
  const begin = async (): Promise<IteratorResult<T>> => {
    iterator = (await make())[Symbol.asyncIterator]()
    return iterator.next()
  }
  const leave = async (): Promise<IteratorResult<T>> => {
    await iterator?.return?.()
    return { done: true, value: undefined }
  }
  return { [Symbol.asyncIterator]: () => ({ next: () => iterator?.next() ?? begin(), return: leave }) }
}
