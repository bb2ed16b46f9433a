import { Injectable } from '@nestjs/common'
import { createHmac } from 'node:crypto'
import { request as plainRequest, type IncomingMessage } from 'node:http'
import { request as secureRequest } from 'node:https'
import { AppError } from '../../common/errors.js'
import { type Judged, WebhookReach } from './webhook-reach.js'

/** One delivery; the same id means the same events, so that a receiver can tell one that it had. */
export interface Delivery {
  readonly id: string
  readonly url: URL
  readonly secret: string
  readonly body: string
}

/** Slower than this is a failure. */
const DEADLINE_MS = 10_000

/** Sends deliveries: signed, to judged addresses only, following nothing, reading nothing but the status. */
@Injectable()
export class WebhookSender {
  constructor(private readonly reach: WebhookReach) {}

  /** Null when it was taken, else why not; coarse, since exact texts would tell what listens where. */
  async send(delivery: Delivery, stopping: AbortSignal): Promise<string | null> {
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(DEADLINE_MS), stopping])
      const status = await exchange(delivery, await this.reach.judge(delivery.url), signal)
      return status >= 200 && status < 300 ? null : `answered with status ${status}`
    } catch (error) {
      if (error instanceof AppError) return error.message
      return error instanceof Error && error.name === 'TimeoutError' ? 'did not answer in time' : 'could not be reached'
    }
  }
}

/** `t=<unix seconds>,v1=<hex>`: the HMAC-SHA-256 of `t`, a dot and the body. The time is signed, so that an old one can be refused. */
export function signatureOf(body: string, secret: string, seconds: number): string {
  return `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')}`
}

function exchange({ id, url, secret, body }: Delivery, to: Judged, signal: AbortSignal): Promise<number> {
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'user-agent': 'berth-webhook',
    'berth-delivery': id,
    'berth-signature': signatureOf(body, secret, Math.floor(Date.now() / 1_000)),
  }
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const answered = (answer: IncomingMessage): void => {
    resolve(answer.statusCode ?? 0)
    // whatever it has to say, for however long
    answer.destroy()
  }
  // the judged address, whatever the name means by now
  const lookup = (_: string, options: { all?: boolean }, done: (...args: unknown[]) => void): void =>
    options.all ? done(null, [to]) : done(null, to.address, to.family)
  const send = url.protocol === 'https:' ? secureRequest : plainRequest
  const sent = send(url, { method: 'POST', headers, signal, lookup: lookup as never, agent: false }, answered)
  // a 101 that nobody asked for is an answer as any other, but comes as no response
  sent.on('upgrade', answered)
  sent.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error))
  // whatever else may end it without an answer and without an error: a delivery that never settles would hold up its webhook for ever
  sent.on('close', () => reject(new Error('closed without an answer')))
  sent.end(body)
  return promise
}
