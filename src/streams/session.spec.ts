import { describe, expect, it } from 'vitest'
import { StreamSession } from './session.js'
import type { OpenStream } from './source.js'
import { Window } from './window.js'

/** A session whose process takes its input when `take` is called. */
function slowSession(): { session: StreamSession; take: () => void } {
  const session = new StreamSession({ emit: () => undefined, window: new Window(1_024, () => false), requestId: 'r' })
  const taken = Promise.withResolvers<void>()
  const output = { next: () => new Promise(() => undefined) } as unknown as OpenStream['output']
  session.start({ ack: {}, output, input: () => taken.promise, endInput: () => undefined })
  return { session, take: taken.resolve }
}

describe('the input of a stream', () => {
  it.each([
    ['a few large messages', Buffer.alloc(250_000), 16],
    // found by a reviewer: they counted for nothing and were kept all the same, 1.3 KB each
    ['many empty ones', Buffer.alloc(0), 4_094],
  ])('is bounded: %s', async (_, data, most) => {
    const { session, take } = slowSession()
    const first = session.write(Buffer.from('x'), false)
    const writes = Array.from({ length: most + 100 }, () =>
      session.write(data, false).then(
        () => true,
        (error: Error) => error.message,
      ),
    )
    await Promise.resolve()
    take()
    await first
    const answers = await Promise.all(writes)
    expect(answers.filter((answer) => answer === true)).toHaveLength(most)
    // and what was taken makes room
    await session.write(data, false)
  })
})
