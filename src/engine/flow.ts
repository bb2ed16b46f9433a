/**
 * A generator that can be returned at any time. `return()` of a plain async generator waits behind a pending `next()`, which on a
 * quiet log never comes: the socket would leak. Here `close` runs first; it must make the pending read end.
 */
export function closable<T>(source: AsyncGenerator<T>, close: () => void): AsyncGenerator<T> {
  let closed = false
  const end = (): void => {
    closed = true
    close()
  }
  const flow: AsyncGenerator<T> = {
    async next() {
      try {
        return await source.next()
      } catch (error) {
        // what a closed source throws is our own doing
        if (closed) return { done: true, value: undefined }
        end()
        throw error
      }
    },
    async return(value: unknown) {
      end()
      await source.return(undefined).catch(() => undefined)
      return { done: true, value }
    },
    async throw(error: unknown) {
      await flow.return(undefined)
      throw error
    },
    [Symbol.asyncIterator]: () => flow,
    [Symbol.asyncDispose]: async () => void (await flow.return(undefined)),
  }
  return flow
}

/** Feeds a source to `step`, chunk by chunk, and its end to `finish`; returning it returns the source at once. */
export function transform<I, O>(source: AsyncIterable<I>, stage: { step: (chunk: I) => O[]; finish: () => O[] }): AsyncGenerator<O> {
  const iterator = source[Symbol.asyncIterator]()
  async function* run(): AsyncGenerator<O> {
    for (let turn = await iterator.next(); turn.done !== true; turn = await iterator.next()) yield* stage.step(turn.value)
    yield* stage.finish()
  }
  return closable(run(), () => void iterator.return?.().catch(() => undefined))
}
