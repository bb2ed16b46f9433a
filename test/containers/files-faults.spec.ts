/** Bytes that do not come to their end: clients that leave, rights that are lost, a disk that is full. */
import { createHash, randomBytes } from 'node:crypto'
import { request, type ClientRequest, type IncomingMessage } from 'node:http'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Engine } from '../../src/engine/index.js'
import { Database } from '../../src/store/database.js'
import type { Actor } from '../support/actor.js'
import { bed } from '../support/bed.js'
import type { PrivateEngine } from '../support/private-engine.js'
import { runContainer, scenario, type Scenario, withCmd, withName, withoutStart } from '../support/scenario.js'
import { bytes, tarWith } from './support/archive.js'
import { until } from './support/engine.js'

const MB = 1_048_576
/** More than all buffers on the way hold together. */
const BIG = 200 * MB

let s: Scenario
let ann: Actor
let engine: Engine

beforeAll(async () => {
  s = await scenario()
  await s.team('alpha')
  ann = await s.user('ann', { alpha: 'developer' })
  engine = s.gateway.app.get(Engine)
})
afterAll(() => s?.end())
afterEach(() => s?.sweep())

/** A container with a sparse file of that size. */
async function withBigFile(): Promise<void> {
  await runContainer(
    ann,
    withName('web'),
    withCmd('sh', '-c', `dd if=/dev/zero of=/big bs=1 count=0 seek=${BIG} && echo ready && sleep 300`),
  )
  await until(
    'the file',
    async () => (await bytes(ann, 'HEAD', '/containers/web/archive?path=/big')).headers.get('berth-file-size') === String(BIG),
  )
}

/** A request whose bytes go and come by hand. */
function open(actor: Actor, method: string, path: string, headers: Record<string, string | number> = {}): ClientRequest {
  const call = request(`${s.url}/api/v1${path}`, { method, headers: { authorization: `Bearer ${actor.accessToken}`, ...headers } })
  call.on('error', () => undefined)
  return call
}

function answer(call: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => call.once('response', resolve).once('error', reject))
}

async function outcomes(operation: string): Promise<string[]> {
  const rows = await s.gateway.app
    .get(Database, { strict: false })
    .selectFrom('audit')
    .selectAll()
    .where('operation', '=', operation)
    .execute()
  return rows.filter(({ phase }) => phase === 'outcome').map(({ result }) => result)
}

describe('a download', () => {
  it.each(['/containers/web/export', '/containers/web/archive?path=/big', '/containers/web/archive?path=/big&as=file'])(
    'ends at the engine when its client leaves: %s',
    async (path) => {
      await withBigFile()
      const before = engine.openSockets
      const call = open(ann, 'GET', path)
      call.end()
      const response = await answer(call)
      expect(response.statusCode).toBe(200)
      expect(engine.openSockets).toBe(before + 1)
      // it has taken nothing of it yet
      response.destroy()
      await until('the end of the upstream', () => engine.openSockets === before, 2_000)
    },
  )

  it('is cut when the right is lost, and does not look whole', async () => {
    const eve = await s.user(`eve${randomBytes(2).toString('hex')}`, { alpha: 'developer' })
    await withBigFile()
    const before = engine.openSockets
    const call = open(eve, 'GET', '/containers/web/export')
    call.end()
    const response = await answer(call)
    await s.admin.ok('PUT', `/teams/${s.teams.get('alpha')!.name}/members/${eve.userId}`, { role: 'viewer' })
    await until('the end of the upstream', () => engine.openSockets === before, 2_000)
    await expect(
      (async () => {
        for await (const _ of response) void _
      })(),
    ).rejects.toThrow('aborted')
  })

  it('comes whole to one who reads slowly at first', async () => {
    await withBigFile()
    const call = open(ann, 'GET', '/containers/web/archive?path=/big&as=file')
    call.end()
    const response = await answer(call)
    const hash = createHash('sha256')
    let size = 0
    await new Promise((resolve) => setTimeout(resolve, 300))
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length
      hash.update(chunk)
    }
    expect(size).toBe(BIG)
    expect(hash.digest('hex')).toBe(createHash('sha256').update(Buffer.alloc(BIG)).digest('hex'))
  })
})

describe('an upload', () => {
  it('ends at the engine when its client leaves, and is on record', async () => {
    await runContainer(ann, withName('web'), withoutStart())
    const before = engine.openSockets
    const call = open(ann, 'PUT', '/containers/web/archive?path=/half&as=file', { 'content-length': BIG })
    call.write(randomBytes(8 * MB))
    await until('the upstream', () => engine.openSockets === before + 1)
    call.destroy()
    await until('the end of the upstream', () => engine.openSockets === before, 2_000)
    await until('its record', async () => (await outcomes('PutContainerArchive')).includes('client_gone'))
  })

  it('is refused before it is read where there is no right, and the connection is closed', async () => {
    const vic = await s.user(`vic${randomBytes(2).toString('hex')}`, { alpha: 'viewer' })
    await runContainer(ann, withName('web'), withoutStart())
    const call = open(vic, 'PUT', '/containers/web/archive?path=/x&as=file', { 'content-length': BIG })
    call.write(randomBytes(MB))
    const response = await answer(call)
    expect([response.statusCode, response.headers.connection]).toEqual([403, 'close'])
    const closed = new Promise((resolve) => call.once('close', resolve))
    response.resume()
    await closed
  })

  it('is answered by the engine before its end where the folder is missing', async () => {
    await runContainer(ann, withName('web'), withoutStart())
    const call = open(ann, 'PUT', '/containers/web/archive?path=/no/such/folder&as=file', { 'content-length': BIG })
    call.write(randomBytes(4 * MB))
    const response = await answer(call)
    let text = ''
    for await (const chunk of response) text += String(chunk)
    expect(JSON.parse(text)).toMatchObject({ code: 'file_not_found', status: 404 })
    call.destroy()
  })
})

describe('an engine with a small disk', () => {
  let small: PrivateEngine
  let other: Scenario
  let dan: Actor

  beforeAll(async () => {
    small = await bed().startEngine({ diskMb: 64 })
    other = await scenario({ dockerHost: small.dockerHost })
    await other.team('gamma')
    dan = await other.user('dan', { gamma: 'developer' })
  })
  afterAll(async () => {
    await other?.end()
    await small?.purge()
  })

  it('says that it is full, and what may be there', async () => {
    await runContainer(dan, withName('web'), withoutStart())
    const file = await bytes(dan, 'PUT', '/containers/web/archive?path=/big&as=file', randomBytes(90 * MB))
    expect(JSON.parse(file.bytes.toString())).toMatchObject({
      code: 'disk_full',
      status: 507,
      errors: [{ detail: 'a part of the file may be there' }],
    })
    const tar = await tarWith({ name: 'one', content: 'one' }, { name: 'two', content: randomBytes(90 * MB) })
    const problem = JSON.parse((await bytes(dan, 'PUT', '/containers/web/archive?path=/tmp', tar)).bytes.toString()) as {
      code: string
      errors: { detail: string }[]
    }
    expect(problem.code).toBe('disk_full')
    expect(problem.errors[0]!.detail).toBe('at most 2 entries were written, perhaps not all of them whole')
  })
})
