import { object, type Shape } from './answer-shape.js'
import { jsonLines } from './body.js'
import { transferError, type Transfer } from './engine-error.js'
import { closable } from './flow.js'
import type { ProgressEvent, ProgressResult } from './types.js'

interface ProgressLine {
  readonly status?: string
  readonly stream?: string
  readonly aux?: ProgressResult
  readonly id?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
  readonly error?: string
  readonly errorDetail?: { readonly message?: string }
}

const LINE: Shape<ProgressLine> = object({})

/**
 * The progress of a pull, push, import, load or build. The engine answers 200 first and tells a failure within the stream: it is thrown.
 * Nothing is sent before the first read; returning it closes the connection, and that ends the engine's work.
 */
export function progressOf(
  verb: Transfer,
  open: (signal: AbortSignal) => Promise<AsyncGenerator<Uint8Array>>,
): AsyncGenerator<ProgressEvent> {
  const opening = new AbortController()
  let raw: AsyncGenerator<Uint8Array> | undefined
  async function* run(): AsyncGenerator<ProgressEvent> {
    raw = await open(opening.signal)
    for await (const line of jsonLines(raw, LINE)) {
      const failure = line.error ?? line.errorDetail?.message
      if (failure !== undefined) throw transferError(failure, verb)
      yield eventOf(line)
    }
  }
  return closable(run(), () => {
    opening.abort()
    void raw?.return(undefined)
  })
}

function eventOf(line: ProgressLine): ProgressEvent {
  const { status = '', stream, aux, id, progressDetail = {} } = line
  const { current, total } = progressDetail
  return {
    status,
    ...(stream !== undefined && { stream }),
    ...(aux && { aux }),
    ...(id !== undefined && { id }),
    ...(current !== undefined && { current }),
    ...(total !== undefined && { total }),
  }
}
