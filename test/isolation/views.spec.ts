/**
 * Non-interference: what a user of alpha sees is the same, byte for byte, whether or not another team has a hundred objects
 * on the host, among them ones of the same names. And nothing that bravo keeps to itself comes out anywhere.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Field } from '../adversarial/support/field.js'
import { crowd } from './support/crowd.js'
import { type Look, look, LOOKS } from './support/views.js'

let field: Field
const before: string[] = []
let raw = ''
let others = 0

/** What streams have told ann while the others were busy. */
const heard: string[] = []

beforeAll(async () => {
  field = await Field.make({ alone: true })
  const ann = field.actor('ann')
  await ann.ok('POST', '/networks', { name: 'inner' })
  await ann.ok('POST', '/containers', { name: 'idle', image: 'busybox:1', command: ['true'], network: 'inner' })
  await ann.ok('POST', '/images/tag', { source: 'busybox:1', target: 'mine:1' })
  // once for what is made at the first look: a default network, a cache
  for (const each of LOOKS) await look(field, each)
  for (const each of LOOKS) before.push((await look(field, each)).seen)

  const socket = await field.socket(ann)
  for (const kind of ['containers.watch', 'system.events']) {
    const ack = await socket.ask('stream:open', { kind, params: {} })
    if (ack.ok) heard.push(kind)
  }
  await socket.ask('stream:open', { kind: 'container.logs', params: { containers: ['web'], follow: true } })
  const told = socket.events.length

  await field.plantBravo()
  others = await crowd(field)
  raw += JSON.stringify(socket.events.slice(told))
}, 300_000)
afterAll(() => field?.end())

const name = ({ as, method, path }: Look) => `${as}: ${method} ${typeof path === 'string' ? path : path.toString().replace(/^.*=> /, '')}`

describe('with another team of a hundred objects on the host', () => {
  it('there are a hundred', () => {
    expect(others).toBeGreaterThanOrEqual(100)
  })

  it.each(LOOKS.map((each, at) => [name(each), each, at] as const))('%s is the same', async (_, each, at) => {
    const now = await look(field, each)
    raw += now.raw
    expect(now.seen.replaceAll(',', ',\n')).toBe(before[at]!.replaceAll(',', ',\n'))
  })
})

describe('nothing that bravo keeps to itself', () => {
  const secrets = () => [...Object.values(field.secrets), ...Object.values(field.names), field.box.id, field.bravo.name, field.bravo.id]

  it('came out in any byte that a user of alpha got, over REST or by a stream', () => {
    expect(secrets().filter((secret) => raw.includes(secret))).toEqual([])
    if (heard.length > 0) console.log(`streams that were open: ${heard.join(', ')}`)
  })

  it('is in a log line', () => {
    expect(Object.values(field.secrets).filter((secret) => field.log.includes(secret))).toEqual([])
  })

  it('is in an audit record', async () => {
    const records = JSON.stringify(await field.recordsSince(0))
    expect(Object.values(field.secrets).filter((secret) => records.includes(secret))).toEqual([])
  })
})

describe('how long an answer takes', () => {
  const ROUNDS = 25
  /** The follower of a log that has gone quiet looks at its end by itself, whenever it is time. */
  const QUIET_LOOK = /\/logs\?.*&follow=false&tail=1$/

  /** Of what is there and foreign, and of what is not there: the same work, so the same class of time. */
  it.each([
    ['a container', () => [`/containers/${field.box.id}`, `/containers/${'0123456789abcdef'.repeat(4)}`]],
    ['a volume', () => [`/volumes/${field.names.volume}`, '/volumes/nothing-of-that-name']],
    ['an image', () => [`/images/${field.imageId}`, `/images/sha256:${'0123456789abcdef'.repeat(4)}`]],
    ['a job', () => [`/jobs/${field.job}`, '/jobs/00000000-0000-4000-8000-000000000000']],
    ['a team', () => [`/teams/${field.bravo.name}`, '/teams/no-such-team']],
    ['a registry', () => [`/registries/${field.registry}`, '/registries/00000000-0000-4000-8000-000000000000']],
  ] as const)('is of one class for %s that is foreign and one that is missing, and neither asks the engine', async (_, paths) => {
    const [foreign = '', missing = ''] = paths()
    const times: [number[], number[]] = [[], []]
    field.engine.taken()
    for (let round = 0; round < ROUNDS; round++)
      for (const [at, path] of [foreign, missing].entries()) {
        const start = performance.now()
        expect((await field.actor('ann').http.get(path)).status).toBe(404)
        times[at]!.push(performance.now() - start)
      }
    expect(field.engine.taken().filter((call) => !QUIET_LOOK.test(call))).toEqual([])
    const [a, b] = times.map((all) => all.toSorted((x, y) => x - y)[Math.floor(ROUNDS / 2)]!) as [number, number]
    // coarse on purpose: the machine is shared. A look-up on the engine would cost ten times as much.
    expect(Math.max(a, b)).toBeLessThan(Math.min(a, b) * 3 + 5)
  })
})
