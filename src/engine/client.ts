import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { AppError } from '../common/errors.js'
import { garbage, object, type Shape } from './answer-shape.js'
import { bulkBytes, bytesOf, isJson, jsonLines, readJson, readText } from './body.js'
import type { BulkReading } from './bulk-answer.js'
import { CallLimit } from './call-limit.js'
import type { Connection } from './connection.js'
import { connectionError, engineError, type Doing } from './engine-error.js'
import { REMOVING } from './engine-texts.js'
import { HijackedSession } from './hijacked-session.js'
import { throughDockerode, type Ask } from './modem.js'
import type { EngineSettings } from './options.js'
import { assertPermitted } from './permitted.js'
import { ping } from './ping.js'
import type { Session } from './session.js'
import type { Transport } from './transport.js'

/** What one call may carry. */
export interface CallOptions {
  readonly body?: object
  readonly upload?: AsyncIterable<Uint8Array>
  readonly headers?: Readonly<Record<string, string>>
  /** Aborting makes the call throw the signal's reason and closes its connection. */
  readonly signal?: AbortSignal | undefined
  /** No time limit: it waits for something that happens when it happens. */
  readonly endless?: boolean
  /** The engine itself waits up to this before it answers. */
  readonly graceSeconds?: number | undefined
  /** What is done, to say the right thing when it fails. */
  readonly doing?: Doing
}

/** Of a GET whose answer goes through one buffer. */
export type BulkOptions = Pick<CallOptions, 'signal' | 'doing' | 'endless'> & BulkReading

/** An answer whose bytes come as they are read. Whoever gets it returns `chunks`. */
export interface OpenAnswer {
  readonly headers: IncomingHttpHeaders
  readonly chunks: AsyncGenerator<Uint8Array>
}

/** One call under way. */
interface Asked {
  readonly path: string
  readonly version: string
  readonly limit: AbortSignal
  readonly doing?: Doing | undefined
}

type Sending = Pick<Asked, 'path' | 'version' | 'limit'> & { readonly method: string }

const MAX_ERROR = 1_048_576
/** What may only mean that the container goes. */
const VAGUE: ReadonlySet<string> = new Set(['ENGINE_ERROR', 'FILE_NOT_FOUND'])
const GOING: Shape<{ readonly State: { readonly Dead?: boolean; readonly Status?: string } }> = object({ State: 'object' })

/** Calls with their limits, checks and errors; every part of Engine goes through it. */
export class EngineClient {
  constructor(
    private readonly transport: Transport,
    private readonly connection: Connection,
    private readonly settings: EngineSettings,
  ) {}

  /** The JSON answer, of the given shape, to one call of dockerode. */
  json<T>(shape: Shape<T>, ask: Ask, options: CallOptions = {}): Promise<T> {
    return this.dockerode(ask, options, async (answer) => shape(await readJson(answer)))
  }

  /** One call of dockerode that is answered with nothing. Returns false for 304: it was so already. */
  act(ask: Ask, options: CallOptions = {}): Promise<boolean> {
    return this.dockerode(ask, options, async (answer) => {
      const text = await readText(answer, MAX_ERROR)
      if (text.trim() !== '') throw garbage(`an answer where none belongs: ${text.slice(0, 80)}`)
      return answer.statusCode !== 304
    })
  }

  /** Resolves when the engine has taken the call; the bytes come as they are read. Whoever gets it returns it. */
  async stream(method: string, path: string, options: CallOptions = {}): Promise<AsyncGenerator<Uint8Array>> {
    return (await this.open(method, path, options)).chunks
  }

  /** The same with the head of the answer. */
  async open(method: string, path: string, options: CallOptions = {}): Promise<OpenAnswer> {
    assertPermitted({ method, path, ...options })
    return this.limited(options, async (limit, version) => {
      const answer = await this.send({ method, path, version, limit }, options)
      return { headers: answer.headers, chunks: bytesOf(answer, this.hooks(options)) }
    })
  }

  /** The same of a GET for gigabytes, or of very many small pieces: a chunk is valid until the next is asked for. */
  async openBulk(path: string, options: BulkOptions): Promise<OpenAnswer> {
    assertPermitted({ method: 'GET', path })
    const { bufferSize, gatherMs } = options
    return this.limited(options, async (limit, version) => {
      const answer = await this.transport.bulk({ path: `/v${version}${path}`, signal: limit, bufferSize, gatherMs })
      this.connection.alive()
      const { status, headers } = answer
      const chunks = bulkBytes(answer, this.hooks(options))
      if (status === 200) return { headers, chunks }
      const refusal = { status, type: headers['content-type'] ?? '', chunks, leave: () => answer.destroy() }
      throw await this.refused(refusal, { doing: options.doing, path, version, limit })
    })
  }

  /** The same for a stream of JSON documents. */
  async streamJson<T>(method: string, path: string, shape: Shape<T>, options: CallOptions = {}): Promise<AsyncGenerator<T>> {
    return jsonLines(await this.stream(method, path, options), shape)
  }

  /** A connection of our own to a process. */
  async hijack(path: string, options: CallOptions & { tty: boolean }): Promise<Session> {
    assertPermitted({ method: 'POST', path, ...options })
    return this.limited(options, async (limit, version) => {
      const { headers = {}, body = {} } = options
      const request = { method: 'POST', path: `/v${version}${path}`, headers, body: JSON.stringify(body), signal: limit }
      const answer = await this.transport.hijack(request)
      this.connection.alive()
      if ('output' in answer) return new HijackedSession(answer, { tty: options.tty, hooks: this.hooks(options) })
      throw await this.refused(refusalOf(answer), { doing: options.doing, path, version, limit })
    })
  }

  /** One ping past all that is known; throws ENGINE_UNAVAILABLE. */
  async ping(): Promise<void> {
    const result = await ping(this.transport, this.settings.probeTimeoutMs)
    if (typeof result === 'string') throw new AppError('ENGINE_UNAVAILABLE', {}, { cause: result })
    this.connection.alive()
  }

  private dockerode<T>(ask: Ask, options: CallOptions, read: (answer: IncomingMessage) => Promise<T>): Promise<T> {
    return throughDockerode(ask, ({ method, path, body }) => {
      const call = { ...options, ...(body && { body }) }
      assertPermitted({ method, path, ...call })
      return this.limited(options, async (limit, version) => read(await this.send({ method, path, version, limit }, call)))
    })
  }

  private async limited<T>(options: CallOptions, work: (limit: AbortSignal, version: string) => Promise<T>): Promise<T> {
    const { signal, endless, graceSeconds = 0 } = options
    signal?.throwIfAborted()
    const version = await this.connection.admit()
    const timeoutMs = endless ? undefined : this.settings.callTimeoutMs + graceSeconds * 1_000
    const limit = new CallLimit(this.connection, { signal, timeoutMs })
    try {
      return await work(limit.signal, version)
    } catch (error) {
      throw limit.signal.aborted ? limit.signal.reason : this.failure(error)
    } finally {
      limit.end()
    }
  }

  private async send({ method, path, version, limit }: Sending, options: CallOptions): Promise<IncomingMessage> {
    const { headers = {}, body, upload } = options
    const answer = await this.transport.send({
      method,
      path: `/v${version}${path}`,
      headers,
      signal: limit,
      pooled: method === 'GET',
      ...(body && { body: JSON.stringify(body) }),
      ...(upload && { upload }),
    })
    this.connection.alive()
    const status = answer.statusCode ?? 0
    if ((status >= 200 && status < 300) || (status === 304 && method === 'POST')) return answer
    throw await this.refused(refusalOf(answer), { doing: options.doing, path, version, limit })
  }

  /**
   * What a refusal means. That a container goes in the same moment shows in as many texts as there are calls (20.10: "RWLayer of
   * container … is unexpectedly nil", "lstat …/merged", "open …-json.log"), and a HEAD has none: so it is looked for.
   */
  private async refused(refusal: Refusal, { doing, path, version, limit }: Asked): Promise<AppError> {
    const error = await failureOf(refusal, doing)
    const id = /^\/containers\/([0-9a-f]{64})\//.exec(path)?.[1]
    if (!VAGUE.has(error.code) || id === undefined) return error
    const answer = await this.transport.send({ method: 'GET', path: `/v${version}/containers/${id}/json`, signal: limit, pooled: true })
    if (answer.statusCode !== 200) {
      const found = await failureOf(refusalOf(answer), undefined)
      return found.code === 'NOT_FOUND' ? new AppError('NOT_FOUND', {}, { cause: error.cause }) : error
    }
    const { State } = GOING(await readJson(answer))
    return State.Dead || State.Status === 'removing' ? new AppError('CONFLICT', { reason: REMOVING }, { cause: error.cause }) : error
  }

  private hooks(options: CallOptions) {
    return { alive: () => this.connection.alive(), failure: (error: unknown) => this.failure(error), signal: options.signal }
  }

  private failure(error: unknown): unknown {
    const known = connectionError(error, this.transport.closed)
    if (known instanceof AppError && known.code === 'ENGINE_UNAVAILABLE') this.connection.suspect()
    return known
  }
}

/** An answer that is no success. */
interface Refusal {
  readonly status: number
  readonly type: string
  readonly chunks: AsyncIterable<Uint8Array>
  readonly leave: () => void
}

function refusalOf(answer: IncomingMessage): Refusal {
  const { statusCode: status = 0, headers } = answer
  return { status, type: headers['content-type'] ?? '', chunks: answer as AsyncIterable<Uint8Array>, leave: () => void answer.destroy() }
}

/** Reads the engine's error; an answer that is none of its own (a redirect, a proxy's page) is ENGINE_PROTOCOL. */
async function failureOf({ status, type, chunks, leave }: Refusal, doing: Doing | undefined): Promise<AppError> {
  if (status < 400 || !isJson(type)) {
    leave()
    // dockerd answers 301 to "//"; a redirect is never followed
    return garbage(`status ${status}, ${type || 'untyped'}`)
  }
  const text = await readText(chunks, MAX_ERROR)
  // the answer to a HEAD has no body to say more in
  if (text === '') return engineError(status, '', doing)
  try {
    const { message } = JSON.parse(text) as { message?: unknown }
    return engineError(status, typeof message === 'string' ? message : text, doing)
  } catch {
    return garbage(`status ${status} with ${text.slice(0, 80)}`)
  }
}
