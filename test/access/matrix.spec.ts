/**
 * The access matrix, generated from the operations table: role × operation × target, over REST, sockets and can-i. What the
 * answer should be comes from model.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { operation, type OperationId, OPERATIONS, RULES, type TargetKind } from '../../src/access/index.js'
import { ERRORS } from '../../src/common/errors.js'
import { ROUTES } from '../../clients/typescript/src/generated/routes.js'
import { ACTORS, type Expected, expected, targetsOf, type Which, type Who } from './model.js'
import { type Sample, SAMPLES, STREAMS } from './samples.js'
import { type State, World } from './world.js'

interface Answer {
  readonly status: number
  /** Null for a success. */
  readonly code: string | null
  readonly requestId: string
  /** Everything of the answer that may tell two cases apart. */
  readonly bytes: string
}

const ALL = Object.keys(OPERATIONS) as OperationId[]
const REST = ALL.filter((id) => ['rest', 'both'].includes(operation(id).edge))
const STREAM = ALL.filter((id) => ['stream', 'both'].includes(operation(id).edge) && STREAMS[id] !== null)
const cells = { rest: 0, stream: 0, canI: 0 }

let world: World
beforeAll(async () => {
  world = await World.make()
})
afterAll(async () => {
  await world?.end()
  console.log(`access matrix: ${cells.rest} cells over REST, ${cells.stream} over sockets, ${cells.canI} by can-i`)
})

describe('the matrix', () => {
  it('has a sample for every operation that is offered', () => {
    expect(REST.filter((id) => !SAMPLES[id])).toEqual([])
    expect(ALL.filter((id) => ['stream', 'both'].includes(operation(id).edge) && STREAMS[id] === undefined)).toEqual([])
  })
})

describe.each(REST)('%s over REST', (id) => {
  it.each(ACTORS)('by $name', async (who) => {
    const answers = new Map<Which, Answer>()
    for (const which of targetsOf(id)) {
      const wanted = expected(who, id, which)
      const before = await stateBefore(id, wanted)
      const answer = await askRest(who, id, which, wanted)
      answers.set(which, answer)
      expect({ which, ...verdict(answer, wanted, SAMPLES[id]!.passes) }).toEqual({ which, ...verdictOf(wanted) })
      expect({ which, records: await records(answer) }).toEqual({ which, records: recordsOf(who, id, wanted, answer) })
      await assertUnchanged(before)
      cells.rest++
    }
    assertForeignIsMissing(answers)
  })
})

describe.each(STREAM)('%s over a socket', (id) => {
  it.each(ACTORS)('by $name', async (who) => {
    const answers = new Map<Which, Answer>()
    for (const which of targetsOf(id)) {
      const wanted = expected(who, id, which)
      const before = await stateBefore(id, wanted)
      const { ok, error } = await world.open(who, STREAMS[id]!(pointerOf(id, which)))
      const answer = {
        status: ok ? 200 : statusOf(error!.code),
        code: ok ? null : error!.code,
        requestId: error?.requestId ?? '',
        bytes: masked(error),
      }
      answers.set(which, answer)
      expect({ which, ...verdict(answer, wanted) }).toEqual({ which, ...verdictOf(wanted) })
      if (!ok) expect({ which, records: await records(answer) }).toEqual({ which, records: recordsOf(who, id, wanted, answer) })
      await assertUnchanged(before)
      cells.stream++
    }
    assertForeignIsMissing(answers)
  })
})

describe.each(ACTORS.filter(({ loggedIn }) => loggedIn))('can-i of $name', (who) => {
  it.each(ALL)('%s', async (id) => {
    for (const which of targetsOf(id)) {
      const { target } = operation(id)
      const known = !['public', 'self', 'host'].includes(target)
      const ref = which === 'none' || target === 'scope' || target === 'team' ? undefined : known ? world.ref(target, which) : 'any'
      const team = which !== 'none' && (target === 'scope' || target === 'team') ? world.teams[which] : undefined
      const { body } = await world.actor(who).http.post('/me/can-i').send({ operation: id, target: { ref, team } }).expect(200)
      const wanted = expected(who, id, which)
      const { permission } = operation(id)
      const { because, ...answer } = body as { because: { rule: string } }
      expect(RULES).toContain(because.rule)
      expect({ which, ...answer }).toEqual({
        which,
        allowed: wanted === 'allowed',
        permission,
        ...(wanted !== 'allowed' && { code: wanted }),
      })
      cells.canI++
    }
  })
})

/** The state that the last denial left; an allowed call may change it. */
let last: State | null = null

async function stateBefore(id: OperationId, wanted: Expected): Promise<State | null> {
  // a denied read has nothing to change but its audit record
  if (wanted !== 'allowed' && operation(id).effect !== 'read') return (last ??= await world.state())
  last = null
  return null
}

async function assertUnchanged(before: State | null): Promise<void> {
  if (before) expect(await world.state()).toEqual(before)
}

/** What the params of a stream point at. */
function pointerOf(id: OperationId, which: Which): string | undefined {
  const { target } = operation(id)
  if (target !== 'scope') return world.ref(target, which)
  return which === 'none' ? undefined : world.teams[which]
}

async function askRest(who: Who, id: OperationId, which: Which, wanted: Expected): Promise<Answer> {
  const sample = SAMPLES[id]!
  const [method, template] = ROUTES[id as keyof typeof ROUTES]
  const { target } = operation(id)
  const spend = wanted === 'allowed' ? sample.uses : undefined
  const actor = spend === 'login' ? await world.anotherLogin(who) : world.actor(who)
  const isObject = which !== 'none' && target !== 'scope' && target !== 'team'
  const ref = isObject ? await spent(spend, target, which) : undefined
  const given = { ...sample.path }
  // the first parameter is the target's
  const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => given[name] ?? encodeURIComponent(ref!))
  const team = which === 'none' || isObject ? undefined : world.teams[which]
  const inQuery = target === 'scope' || operation(id).teamInQuery === true
  const query = [sample.query, team && inQuery ? `team=${team}` : undefined].filter(Boolean).join('&')
  const request = actor.http[method.toLowerCase() as 'get'](path + (query && `?${query}`))
  const body = sample.body ? { ...sample.body, ...(team && target === 'team' && !inQuery && { team }) } : undefined
  const { status, headers, text } = await (body ? request.send(body) : request)
  const problem = status >= 400 ? problemOf(text, headers) : null
  const { date: _date, 'x-request-id': requestId, ...telling } = headers as Record<string, string>
  return { status, code: problem?.code ?? null, requestId: requestId!, bytes: masked(problem) + masked(telling) }
}

/** An answer to HEAD has it in its head. */
function problemOf(text: string | undefined, headers: Record<string, string>): { code: string; requestId: string } {
  const code = headers['berth-error']
  return code === undefined ? (JSON.parse(text!) as { code: string; requestId: string }) : { code, requestId: headers['x-request-id']! }
}

/** The object; for what ends it, another one. */
async function spent(spend: Sample['uses'], target: TargetKind, which: Which): Promise<string> {
  if (spend === 'user' && which !== 'missing') return world.anotherUser()
  if (spend === 'webhook') return which === 'missing' ? world.ref(target, which) : world.anotherWebhook(world.ref(target, which))
  if (spend === 'registry') return world.anotherRegistry(world.ref(target, which))
  if (spend === 'serviceAccount') return world.anotherServiceAccount(world.ref(target, which))
  return world.ref(target, which)
}

/** Is it allowed, and if not, why. */
function verdict({ status, code }: Answer, wanted: Expected, passes: readonly string[] = []): { status: number | 'any'; answer: string } {
  if (code === null || (wanted === 'allowed' && passes.includes(code))) return { status: 'any', answer: 'allowed' }
  return { status, answer: code }
}

function verdictOf(wanted: Expected): { status: number | 'any'; answer: string } {
  return wanted === 'allowed' ? { status: 'any', answer: 'allowed' } : { status: statusOf(wanted), answer: wanted }
}

function statusOf(code: string): number {
  return ERRORS[code.toUpperCase() as keyof typeof ERRORS].status
}

async function records({ requestId }: Answer): Promise<string[]> {
  return (await world.audit(requestId)).map(({ phase, result }) => (phase === 'denied' ? `denied ${result}` : phase))
}

/** One record of a denial or an opened stream, two of a mutation, none of a read; who is not known leaves none. */
function recordsOf(who: Who, id: OperationId, wanted: Expected, answer: Answer): string[] {
  if (wanted === 'unauthenticated') return []
  if (wanted !== 'allowed') return [`denied ${wanted}`]
  const { effect } = operation(id)
  if (effect === 'open') return ['opened']
  return effect === 'write' ? (answer.status === 202 ? ['intent'] : ['intent', 'outcome']) : []
}

/** Whoever may not see an object learns nothing from the answer, not even that it exists. */
function assertForeignIsMissing(answers: ReadonlyMap<Which, Answer>): void {
  const missing = answers.get('missing')
  for (const which of ['foreign', 'foreignName'] as const) {
    const foreign = answers.get(which)
    if (foreign?.code === 'not_found' && missing) expect(foreign.bytes).toBe(missing.bytes)
  }
}

function masked(value: unknown): string {
  return JSON.stringify(value ?? null).replaceAll(/"requestId":"[^"]*"/g, '"requestId":"…"')
}
