import type { EngineProblem } from './engine-state.js'
import { errorCode, type Transport } from './transport.js'

/** What a ping tells. */
export interface Pong {
  /** The API version to use. */
  readonly version: string
  readonly engineVersion: string | undefined
}

/** The newest version that our tables know. */
const NEWEST = 55
const OLDEST = 41
/** Time for what has come in meanwhile to be read: after a long pause of our own, timers fire before sockets are read. */
const MERCY_MS = 25

/**
 * `GET /_ping` on a connection of its own, which also proves that the socket can still be dialled. Answers why not instead of
 * throwing. The version is min(the engine's, 1.55), from its Api-Version header; /version would do too but runs `runc --version`.
 */
export async function ping(transport: Transport, timeoutMs: number): Promise<Pong | EngineProblem> {
  const limit = new AbortController()
  const mercy = () => setTimeout(() => limit.abort(), MERCY_MS)
  const timer = setTimeout(mercy, timeoutMs)
  try {
    const answer = await transport.send({ method: 'GET', path: '/_ping', signal: limit.signal })
    const { statusCode, headers } = answer
    answer.destroy()
    if (statusCode !== 200) return 'not_understood'
    return pongOf(headers['api-version'], headers.server)
  } catch (error) {
    if (limit.signal.aborted) return 'silent'
    return errorCode(error).startsWith('HPE_') ? 'not_understood' : 'unreachable'
  } finally {
    clearTimeout(timer)
  }
}

function pongOf(version: unknown, server: string | string[] | undefined): Pong | EngineProblem {
  const match = /^1\.(\d{1,3})$/.exec(String(version))
  if (!match) return 'not_understood'
  const minor = Number(match[1])
  if (minor < OLDEST) return 'version'
  return { version: `1.${Math.min(minor, NEWEST)}`, engineVersion: /^Docker\/(\S{1,40})/.exec(String(server))?.[1] }
}
