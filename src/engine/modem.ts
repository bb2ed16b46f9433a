import Docker from 'dockerode'
import { dialledPath, query, type QueryValue } from './engine-path.js'

/*
 * dockerode makes the ordinary calls, and this stands where its own docker-modem would: the bytes go through our Transport.
 * docker-modem goes wherever a redirect points, also over TCP from a unix socket, and when that is refused or has an unknown
 * scheme the error has no listener: the process dies. It never calls back when half an answer is followed by a close, and
 * hands a page of html over as if it were an answer. It inspects an http.Agent on each request (26 calls a second instead of
 * 5,000). It sends the options of a creation twice, as query and as body, and drops those of a volume's remove.
 */

/** What dockerode hands to a modem, as far as it counts: all else follows from the call itself. */
interface DialRequest {
  readonly method: string
  /** Ends with `?` where dockerode expects a query. */
  readonly path: string
  readonly options?: Readonly<Record<string, QueryValue>> & {
    readonly _query?: Readonly<Record<string, QueryValue>>
    readonly _body?: object
  }
}

type DialCallback = (error: unknown, answer?: unknown) => void

/** One request of dockerode's; its path is checked and has its query. */
export interface Dialled {
  readonly method: string
  readonly path: string
  readonly body: object | undefined
}

/** Makes exactly one call of dockerode. */
export type Ask = (docker: Docker) => Promise<unknown>

/**
 * Lets dockerode ask and `carry` bring the answer. Resolves with what `carry` gave, not with dockerode's own result: of a
 * creation that has only the id, without the warnings. Errors of `carry` come out as they are.
 */
export function throughDockerode<T>(ask: Ask, carry: (request: Dialled) => Promise<T>): Promise<T> {
  const modem = new Modem(carry)
  // @types/dockerode does not know the option that lib/docker.js reads
  return ask(new Docker({ Promise, modem } as Docker.DockerOptions)).then(() => modem.answer())
}

/** Options for dockerode that send `body`, and nothing of it in the query; dockerode's types want the body itself. */
export function withBody<T extends object>(body: T, inQuery: Readonly<Record<string, QueryValue>> = {}): T {
  return { _query: inQuery, _body: body } as object as T
}

/** The transport of one call. */
class Modem<T> {
  private carried: Promise<T> | undefined

  constructor(private readonly carry: (request: Dialled) => Promise<T>) {}

  /** Called by dockerode, in the executor of its promise: a throw here rejects that. */
  dial(request: DialRequest, callback: DialCallback): void {
    if (this.carried) throw new Error('dockerode made two calls out of one')
    const { method, options = {} } = request
    const { _query, _body: body, ...plain } = options
    const path = dialledPath(method, request.path.replace(/\?$/, ''))
    this.carried = this.carry({ method, path: path + query(_query ?? plain), body })
    // the catch is for the callback too: outside a promise its throw would end the process
    this.carried.then((answer) => callback(null, answer)).catch(callback)
  }

  answer(): Promise<T> {
    if (!this.carried) throw new Error('dockerode made no call')
    return this.carried
  }
}
