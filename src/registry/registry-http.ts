import { Injectable } from '@nestjs/common'
import { readFileSync } from 'node:fs'
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { connect, isIP, type LookupFunction, type Socket } from 'node:net'
import { checkServerIdentity, connect as connectTls, getCACertificates } from 'node:tls'
import { AppError } from '../common/errors.js'
import { Config } from '../config/config.js'
import { authorityOf } from './registry-address.js'
import { registryProblem } from './registry-problem.js'
import { type Reached, RegistryReach } from './registry-reach.js'

/** One request to a registry or its token service. */
export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'DELETE'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>>
  /** PEM of what is trusted beside the usual authorities. */
  readonly ca: string | null
  /** Most bytes of the answer. */
  readonly limit: number
}

export interface RegistryAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A registry that hangs must not hold a request for longer than people wait. */
const DEADLINE_MS = 15_000

/**
 * The HTTP client for registries: one connection for one request, to judged addresses only, bounded in time and size. It
 * follows nothing: what a redirect names is not what the credential was given for.
 */
@Injectable()
export class RegistryHttp {
  private readonly authorities: readonly string[]

  constructor(
    private readonly reach: RegistryReach,
    config: Config,
  ) {
    this.authorities = config.BERTH_REGISTRY_CA_FILE === undefined ? [] : [readFileSync(config.BERTH_REGISTRY_CA_FILE, 'utf8')]
  }

  /** The answer whatever its status. @throws AppError REGISTRY_UNREACHABLE, …_TIMEOUT, …_UNTRUSTED, …_PLAIN_HTTP, …_PROTOCOL, …_ADDRESS_REFUSED */
  async send(asked: RegistryRequest): Promise<RegistryAnswer> {
    const address = asked.url.host
    const deadline = AbortSignal.timeout(DEADLINE_MS)
    try {
      return await until(deadline, this.exchange(asked, deadline))
    } catch (error) {
      throw error instanceof AppError ? error : registryProblem(address, deadline.aborted ? deadline.reason : error)
    }
  }

  private async exchange(asked: RegistryRequest, signal: AbortSignal): Promise<RegistryAnswer> {
    const { method, url, headers = {} } = asked
    const { host, port } = authorityOf(url)
    const reached = await this.reach.reach({ host, port, address: url.host })
    signal.throwIfAborted()
    const sent = { host: url.host, 'accept-encoding': 'identity', 'user-agent': 'berth', connection: 'close', ...headers }
    const socket = url.protocol === 'https:' ? this.secure(host, reached, asked.ca) : plain(host, reached)
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const call = request({ method, path: url.pathname + url.search, headers: sent, signal, createConnection: () => socket })
    call.once('response', resolve).once('error', reject).end()
    try {
      const answer = await promise
      return { status: answer.statusCode ?? 0, headers: answer.headers, body: await bodyOf(answer, asked) }
    } finally {
      socket.destroy()
    }
  }

  /** The name in the certificate is that of the registry, wherever it is dialled. */
  private secure(host: string, reached: Reached, ca: string | null): Socket {
    const more = [...this.authorities, ...(ca === null ? [] : [ca])]
    return connectTls({
      ...dial(host, reached),
      ...(isIP(host) === 0 && { servername: host }),
      // a list of our own takes the place of the usual one, and costs the reading of all of it
      ...(more.length > 0 && { ca: [...getCACertificates('default'), ...more] }),
      checkServerIdentity: (_, certificate) => checkServerIdentity(host, certificate),
      ALPNProtocols: ['http/1.1'],
    })
  }
}

function plain(host: string, reached: Reached): Socket {
  return connect(dial(host, reached))
}

/** Node asks its look-up only for names: one is put in the place of a literal address too, so that all go one way. */
function dial(host: string, { addresses, port }: Reached): { host: string; port: number; lookup: LookupFunction } {
  const judged: LookupFunction = (_, options, done) => {
    if (options.all) done(null, [...addresses])
    else done(null, addresses[0]!.address, addresses[0]!.family)
  }
  return { host: addresses.length === 1 ? addresses[0]!.address : host, port, lookup: judged }
}

async function bodyOf(answer: IncomingMessage, { limit, url }: RegistryRequest): Promise<Buffer> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of answer as AsyncIterable<Buffer>) {
    size += part.length
    if (size > limit) throw new AppError('REGISTRY_PROTOCOL', { address: url.host, reason: `it answers more than ${limit} bytes` })
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** A look-up of a name can't be aborted, so its end is not waited for. */
function until<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  return Promise.race([work, promise])
}
