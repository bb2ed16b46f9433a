import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { garbage, parseJson } from './answer-shape.js'
import type { BulkAnswer } from './bulk-answer.js'
import { closable, transform } from './flow.js'

/** A full list of ten thousand containers is about 15 MB. */
const MAX_BODY = 128 * 1024 * 1024
/** An event carries a whole exec command line; the kernel bounds one argument to 128 KiB and all to 2 MiB. */
const MAX_JSON_LINE = 4 * 1024 * 1024

/** What a stream tells while it is read. */
export interface BodyHooks {
  readonly alive: () => void
  /** Turns the connection's error into the one to throw. */
  readonly failure: (error: unknown) => unknown
  readonly signal?: AbortSignal | undefined
}

/** The bytes as they come; pulls, so a reader that stops makes the engine stop. Returning or aborting it closes the connection. */
export function bytesOf(source: Readable, hooks: BodyHooks): AsyncGenerator<Uint8Array> {
  const { alive, failure, signal } = hooks
  const abort = (): void => void source.destroy()
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted) abort()
  source.once('close', () => signal?.removeEventListener('abort', abort))
  async function* run(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of source as AsyncIterable<Uint8Array>) {
        alive()
        yield chunk
      }
      // a stream that was destroyed before its first read ends without an error: that would pass for the container's end
      if (!source.readableEnded) throw Object.assign(new Error('destroyed'), { code: 'ERR_STREAM_PREMATURE_CLOSE' })
    } catch (error) {
      throw signal?.aborted ? signal.reason : failure(error)
    }
  }
  return closable(run(), () => source.destroy())
}

/** The same of an answer that goes through one buffer: a chunk is valid until the next is asked for. */
export function bulkBytes(answer: BulkAnswer, { alive, failure, signal }: BodyHooks): AsyncGenerator<Uint8Array> {
  const abort = (): void => answer.destroy()
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted) abort()
  async function* run(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of answer.chunks()) {
        alive()
        yield chunk
      }
    } catch (error) {
      throw signal?.aborted ? signal.reason : failure(error)
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }
  return closable(run(), abort)
}

/** One JSON document, whole and not larger than 128 MiB; throws ENGINE_PROTOCOL for anything else. */
export async function readJson(message: IncomingMessage): Promise<unknown> {
  if (!isJson(message.headers['content-type'] ?? '')) {
    message.destroy()
    throw garbage(`not json but ${message.headers['content-type'] ?? 'untyped'}, status ${message.statusCode}`)
  }
  return parseJson(await readText(message, MAX_BODY))
}

/** Whether the engine says that it is JSON. */
export function isJson(contentType: string): boolean {
  return /^application\/json\b/.test(contentType)
}

/** The body as text, at most `limit` bytes; throws ENGINE_PROTOCOL beyond. */
export async function readText(message: AsyncIterable<Uint8Array>, limit: number): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of message) {
    size += chunk.length
    if (size > limit) throw garbage(`an answer of more than ${limit} bytes`)
    // a copy: it may lie in a buffer that is used again
    chunks.push(Uint8Array.from(chunk))
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** JSON documents, one per line (`\n` or `\r\n`); each is checked by `shape`. */
export function jsonLines<T>(raw: AsyncIterable<Uint8Array>, shape: (value: unknown) => T): AsyncGenerator<T> {
  let held: Uint8Array[] = []
  let size = 0
  const take = (end: Uint8Array): T[] => {
    const text = Buffer.concat([...held, end])
      .toString('utf8')
      .trim()
    held = []
    size = 0
    return text === '' ? [] : [shape(parseJson(text))]
  }
  const step = (chunk: Uint8Array): T[] => {
    const found: T[] = []
    let from = 0
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      found.push(...take(chunk.subarray(from, at)))
      from = at + 1
    }
    size += chunk.length - from
    if (size > MAX_JSON_LINE) throw garbage('a line of json without an end')
    if (from < chunk.length) held.push(chunk.subarray(from))
    return found
  }
  return transform(raw, { step, finish: () => take(new Uint8Array(0)) })
}
