/** A row of the adversarial suite, and the ways to send it. */
import { httpCall } from '../../../scripts/engine-call.js'
import { raw, type RawAnswer } from '../../http/support/raw.js'
import { type RawOptions, rawSocket } from '../../streams/support.js'
import type { ActorName, Field } from './field.js'

/** What came back, whatever the way. */
export interface Answer {
  readonly status: number
  /** Null for a success. */
  readonly code: string | null
  readonly requestId: string | null
  /** Every byte that the attacker got. */
  readonly bytes: string
  readonly body: unknown
  /** What he sent: he may read in the answer what he knew before. */
  readonly sent: string
}

/** Which records it leaves: one of a denial, intent and outcome of what was tried, these with a refused login between, one of an opened stream, or none. */
export type Trace = 'none' | 'denied' | 'tried' | 'refused' | 'opened'

export interface Attack {
  /** What is tried; an incident of the class stands in front. */
  readonly name: string
  /** Who tries it; ann, a developer of alpha, unless told. */
  readonly as?: ActorName
  readonly send: (field: Field, as: ActorName) => Promise<Answer>
  /** Error code, or the status of a success that does no harm. */
  readonly answers: string | number
  /** By the code, unless told. */
  readonly leaves?: Trace
  /** It is let through, and `proof` shows why it does no harm. */
  readonly changes?: boolean
  readonly proof?: (field: Field, answer: Answer) => Promise<void> | void
}

export interface Table {
  readonly title: string
  readonly rows: readonly Attack[]
}

type Headers = Readonly<Record<string, string>>
type OfField<T> = T | ((field: Field) => T)

interface Call {
  readonly body?: OfField<object | string | Buffer | undefined>
  readonly headers?: OfField<Headers>
  /** Below /api/v1, unless told otherwise. */
  readonly bare?: boolean
}

/** A request as any client would send it. */
export function rest(method: string, path: OfField<string>, { body, headers, bare = false }: Call = {}): Attack['send'] {
  return async (field, as) => {
    const token = field.actor(as).accessToken
    const given = of(body, field)
    const bytes =
      given === undefined || Buffer.isBuffer(given) ? given : Buffer.from(typeof given === 'string' ? given : JSON.stringify(given))
    const url = new URL(field.url)
    const target = `${bare ? '' : '/api/v1'}${of(path, field)}`
    const answer = await httpCall(
      {
        host: url.hostname,
        port: url.port,
        method,
        path: target,
        timeout: 30_000,
        headers: {
          ...(token !== null && { authorization: `Bearer ${token}` }),
          ...(bytes && { 'content-type': 'application/json', 'content-length': bytes.length }),
          ...of(headers, field),
        },
      },
      bytes,
    )
    const { status } = answer
    const text = answer.body.toString('latin1')
    return answered(
      status,
      answer.headers,
      text,
      `${target} ${bytes?.toString('latin1') ?? ''} ${JSON.stringify(of(headers, field) ?? {})}`,
    )
  }
}

/** Bytes on a connection of their own; `{token}` is the attacker's. */
export function wire(make: (field: Field) => readonly (string | Buffer)[]): Attack['send'] {
  return async (field, as) => {
    const parts = make(field).map((part) =>
      typeof part === 'string' ? part.replaceAll('{token}', field.actor(as).accessToken ?? '') : part,
    )
    const answer: RawAnswer = await raw(field.url, ...parts)
    return answered(answer.status, answer.headers, answer.body, parts.map(String).join(''))
  }
}

interface Opening {
  readonly kind: string
  readonly params: object
}

/** A stream over a socket; what comes in within a moment is looked at too. */
export function open(make: OfField<Opening>, options: RawOptions = {}): Attack['send'] {
  return ask((field) => ['stream:open', of(make, field)], options)
}

/** Any event with an ack. */
export function ask(make: (field: Field) => readonly [event: string, ...args: unknown[]], options: RawOptions = {}): Attack['send'] {
  return async (field, as) => {
    const message = make(field)
    const sent = JSON.stringify(message)
    const connected = await rawSocket(field.url, { token: field.actor(as).accessToken, ...options }).catch(
      (error: unknown) => error as Refusal,
    )
    if (connected instanceof Error) return refused(connected, sent)
    using socket = connected
    const ack = await socket.ask(...message)
    if (ack.ok && ack.streamId) await socket.ask('stream:close', { streamId: ack.streamId })
    return {
      status: ack.ok ? 200 : ack.error.status,
      code: ack.ok ? null : ack.error.code,
      requestId: ack.ok ? null : ack.error.requestId,
      bytes: JSON.stringify([ack, socket.events]),
      body: ack,
      sent,
    }
  }
}

/** Several in a row by the same attacker; the last one's answer counts, and all their bytes. */
export function inTurn(...sends: readonly Attack['send'][]): Attack['send'] {
  return async (field, as) => {
    const answers: Answer[] = []
    for (const send of sends) answers.push(await send(field, as))
    const join = (part: 'bytes' | 'sent') => answers.map((answer) => answer[part]).join('\n')
    return { ...answers.at(-1)!, bytes: join('bytes'), sent: join('sent') }
  }
}

type Refusal = Error & { readonly data?: { readonly code: string; readonly status: number; readonly requestId: string } }

function refused({ data, message }: Refusal, sent: string): Answer {
  const bytes = JSON.stringify([message, data])
  return { status: data?.status ?? 0, code: data?.code ?? message, requestId: data?.requestId ?? null, bytes, body: data, sent }
}

function answered(status: number, headers: NodeJS.Dict<string | string[]>, text: string, sent: string): Answer {
  const body = parsed(text)
  return {
    status,
    code: status >= 400 ? ((body as { code?: string } | null)?.code ?? `status ${status}`) : null,
    requestId: (headers['x-request-id'] as string | undefined) ?? null,
    bytes: JSON.stringify(headers) + text,
    body,
    sent,
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

export function of<T>(value: OfField<T>, field: Field): T {
  return typeof value === 'function' ? (value as (field: Field) => T)(field) : value
}
