/** What every row asserts beside its answer. */
import { expect } from 'vitest'
import { ERRORS } from '../../../src/common/errors.js'
import type { AuditRow } from '../../../src/store/schema.js'
import type { Answer, Attack, Trace } from './attack.js'
import type { ActorName, Field, State } from './field.js'

/** Refused before anybody has decided anything: there is nothing to record. */
const UNDECIDED = new Set([
  'unauthenticated',
  'route_not_found',
  'method_not_allowed',
  'malformed_json',
  'body_too_large',
  'headers_too_large',
  'unsupported_media_type',
  'request_timeout',
  'origin_denied',
  'invalid_credentials',
])
/** Decisions that say no. */
const DECIDED = new Set([
  'not_found',
  'permission_denied',
  'team_required',
  'invalid_reference',
  'ambiguous_reference',
  'operation_not_offered',
])

/** What the client library says of a handshake that was refused before there was a socket to say anything on. */
const NO_SOCKET = new Set(['websocket error', 'xhr poll error'])

/** The records that each leaves, all of one request. A login that fails is tried, and its refusal is a decision of its own. */
const PHASES = {
  denied: ['denied'],
  tried: ['intent', 'outcome'],
  refused: ['intent', 'denied', 'outcome'],
  opened: ['opened'],
} as const satisfies Record<Exclude<Trace, 'none'>, readonly string[]>

let last: State | null = null

/** Sends one attack and holds everything that must be true after it. */
export async function carryOut(field: Field, attack: Attack): Promise<void> {
  const as = attack.as ?? 'ann'
  const before = last ?? (await field.state())
  // what a row that fails has left is not the next one's
  last = null
  const seq = await field.lastRecord()
  const logged = field.log.length
  field.engine.taken()

  const answer = await attack.send(field, as)

  assertAnswer(answer, attack)
  expect(await field.isAlive(), 'the gateway lives').toBe(true)
  await attack.proof?.(field, answer)
  const records = await field.recordsSince(seq)
  const asked = field.engine.taken()
  if (!attack.changes) {
    const after = await field.state()
    expect(
      asked.filter((line) => !/^(GET|HEAD) /.test(line)),
      'nothing on the engine was touched',
    ).toEqual([])
    expect(after, 'nothing changed').toEqual(before)
    last = after
  }
  assertTrace(records, answer, attack.leaves ?? traceOf(answer))
  assertNoCanary(field, as, { answer, log: field.log.slice(logged), records })
}

/** Between files of attacks nothing is remembered. */
export function forget(): void {
  last = null
}

function assertAnswer({ status, code, bytes }: Answer, { answers }: Attack): void {
  const told = bytes.slice(0, 2_000)
  if (typeof answers === 'number') return expect({ status, code }, told).toEqual({ status: answers, code: null })
  if (NO_SOCKET.has(answers)) return expect({ status, code }, told).toEqual({ status: 0, code: answers })
  // of a HEAD there is no more
  if (answers.startsWith('status ')) return expect(code, told).toBe(answers)
  expect({ status, code }, told).toEqual({ status: ERRORS[answers.toUpperCase() as keyof typeof ERRORS].status, code: answers })
}

/** Exactly one request id in the log, the answer's, and exactly its records. */
function assertTrace(records: readonly AuditRow[], { requestId }: Answer, trace: Trace): void {
  const ids = [...new Set(records.map((record) => record.request_id))]
  const phases = records.map(({ phase }) => phase)
  if (trace === 'none') return expect(phases).toEqual([])
  expect(phases).toEqual(PHASES[trace])
  expect(ids).toHaveLength(1)
  // an ack that opens a stream says no request id
  if (requestId !== null && ids.length > 0) expect(ids).toEqual([requestId])
}

function traceOf({ code }: Answer): Trace {
  if (code !== null && UNDECIDED.has(code)) return 'none'
  return code !== null && DECIDED.has(code) ? 'denied' : 'tried'
}

interface Left {
  readonly answer: Answer
  readonly log: string
  readonly records: readonly AuditRow[]
}

function assertNoCanary(field: Field, as: ActorName, { answer, log, records }: Left): void {
  const hits = field.canariesFor(as).filter((canary) => answer.bytes.includes(canary) && !answer.sent.includes(canary))
  expect(hits, 'words of another team in the answer').toEqual([])
  const secrets = Object.values(field.secrets).filter((canary) => !answer.sent.includes(canary))
  expect(secrets.filter((canary) => log.includes(canary))).toEqual([])
  expect(secrets.filter((canary) => JSON.stringify(records).includes(canary))).toEqual([])
  expect(log).not.toMatch(/unhandled|uncaught/i)
  const { accessToken } = field.actor(as)
  if (accessToken) expect(log.includes(accessToken), 'the token is not in the log').toBe(false)
}
