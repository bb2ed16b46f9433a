import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { WebhookSender } from '../../src/events/webhooks/webhook-sender.js'
import { Database } from '../../src/store/database.js'
import { EventStore } from '../../src/store/events.store.js'
import { run } from '../networks/support.js'
import { until as eventually } from '../streams/support.js'
import { type Actor, runContainer, scenario, type Scenario, type Team, withName } from '../support/scenario.js'
import { type Event, here, line, until } from './support.js'

interface Webhook {
  readonly id: string
  readonly secret: string
  readonly failures: number
  readonly problem: string | null
  readonly deliveredAt: string | null
}
interface Got {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

let s: Scenario
let alpha: Team
let mia: Actor
let ann: Actor
let ben: Actor
let server: Server
let url: string
const got: Got[] = []
/** What the receiver answers next. */
let status: number | null = 200

beforeAll(async () => {
  server = createServer((request, answer) => {
    let body = ''
    request.on('data', (chunk) => (body += String(chunk)))
    request.on('end', () => {
      got.push({ headers: request.headers, body })
      if (status === null) request.socket.destroy()
      else if (status === 101) request.socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n')
      else answer.writeHead(status, status === 302 ? { location: `${url}/elsewhere` } : {}).end('x')
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  url = `http://127.0.0.1:${port}/hook`
  s = await scenario({ env: { BERTH_WEBHOOK_ALLOW: `127.0.0.1:${port}` } })
  alpha = await s.team('alpha')
  await s.team('beta')
  mia = await s.user('mia', { alpha: 'maintainer' })
  ann = await s.user('ann', { alpha: 'developer' })
  ben = await s.user('ben', { beta: 'maintainer' })
})
afterAll(async () => {
  await s?.end()
  server?.close()
})
afterEach(async () => {
  for (const { id } of (await mia.ok<{ items: Webhook[] }>('GET', '/webhooks')).items) await mia.http.delete(`/webhooks/${id}`).expect(204)
  got.length = 0
  status = 200
})

const create = (body: object = {}) => mia.ok<Webhook>('POST', '/webhooks', { url, ...body })
const events = () => got.flatMap(({ body }) => (JSON.parse(body) as { events: Event[] }).events)
const state = async (id: string) => (await mia.ok<{ items: Webhook[] }>('GET', '/webhooks')).items.find((each) => each.id === id)!

describe('a webhook', () => {
  it('is told of what it wants, signed, of its team alone', async () => {
    const { id, secret } = await create({ kinds: ['volume'], actions: ['create'] })
    await ben.ok('POST', '/volumes', { name: 'his' })
    await ann.ok('POST', '/volumes', { name: 'hers' })
    await ann.http.delete('/volumes/hers').expect(204)
    await eventually('the delivery', () => got.length > 0)
    expect(events().map(line)).toEqual(['volume create hers'])
    const [{ headers, body }] = got as [Got]
    expect(JSON.parse(body)).toMatchObject({ webhook: id, team: alpha.name })
    const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(headers['berth-signature'] as string)!
    expect(v1).toBe(createHmac('sha256', secret).update(`${t}.${body}`).digest('hex'))
    expect(Math.abs(Date.now() / 1_000 - Number(t))).toBeLessThan(60)
    await eventually('the note of it', async () => (await state(id)).deliveredAt !== null)
    await ben.http.delete('/volumes/his').expect(204)
  })

  it('is told again until it takes it: with the same id, nothing lost, in order, also across a restart', async () => {
    status = 500
    const { id } = await create({ kinds: ['volume'] })
    await ann.ok('POST', '/volumes', { name: 'one' })
    await eventually('a failure', async () => (await state(id)).failures > 0)
    expect(await state(id)).toMatchObject({ problem: 'answered with status 500', deliveredAt: null })
    const first = got[0]!.headers['berth-delivery']
    // what happens meanwhile is another delivery
    await ann.ok('POST', '/volumes', { name: 'two' })
    await s.gateway.restart()
    status = 302
    const before = got.length
    await eventually('another try', () => got.length > before, 20_000)
    expect(got.at(-1)!.headers['berth-delivery']).toBe(first)
    await eventually('its failure', async () => (await state(id)).problem === 'answered with status 302')
    status = 200
    got.length = 0
    await ann.http.delete('/volumes/one').expect(204)
    await eventually('all of it', () => events().length >= 3, 30_000)
    expect(events().map(line)).toEqual(['volume create one', 'volume create two', 'volume destroy one'])
    await ann.http.delete('/volumes/two').expect(204)
    await eventually('the note of it', async () => (await state(id)).failures === 0)
  })

  it('is told once of what expired between two tries, with what there is of it', async () => {
    status = 500
    const { id } = await create({ kinds: ['volume'] })
    const from = await here(ann)
    await ann.ok('POST', '/volumes', { name: 'lost' })
    await eventually('a failure', async () => (await state(id)).failures > 0)
    await ann.ok('POST', '/volumes', { name: 'kept' })
    await until(ann, from, (all) => all.some((event) => line(event) === 'volume create kept'))
    // the engine has events of others too, also after the last of ours
    const rows = await s.gateway.app.get(Database, { strict: false }).selectFrom('events').select('name').orderBy('seq', 'desc').execute()
    const keep = rows.findIndex(({ name }) => name === 'kept') + 1
    await s.gateway.app.get(EventStore, { strict: false }).trim(keep, '2000-01-01T00:00:00.000Z')
    await s.gateway.restart()
    status = 200
    got.length = 0
    await eventually('what there is', () => events().length > 0, 30_000)
    await ann.http.delete('/volumes/lost').expect(204)
    await eventually('what comes after it', () => events().some((event) => line(event) === 'volume destroy lost'), 30_000)
    expect(events().map((event) => (event.type === 'gap' ? 'gap' : line(event)))).toEqual([
      'gap',
      'volume create kept',
      'volume destroy lost',
    ])
    await ann.http.delete('/volumes/kept').expect(204)
  })

  // it never settled, so its webhook was told no more, and the gateway did not stop
  it('that answers with another protocol is told again, as after any other refusal', async () => {
    status = 101
    const { id } = await create({ kinds: ['volume'] })
    await ann.ok('POST', '/volumes', { name: 'switched' })
    await eventually('a failure', async () => (await state(id)).problem === 'answered with status 101')
    status = 200
    await eventually('the note of it', async () => (await state(id)).deliveredAt !== null, 20_000)
    await ann.http.delete('/volumes/switched').expect(204)
  })

  it('that hangs does not keep the gateway from its end', async () => {
    const sender = s.gateway.app.get(WebhookSender, { strict: false })
    const sending = vi.spyOn(sender, 'send').mockReturnValue(new Promise(() => undefined))
    await create({ kinds: ['volume'] })
    await ann.ok('POST', '/volumes', { name: 'hanging' })
    await eventually('a delivery', () => sending.mock.calls.length > 0)
    const start = performance.now()
    await s.gateway.restart()
    expect(performance.now() - start).toBeLessThan(15_000)
    await eventually('the delivery, again', () => got.length > 0, 20_000)
    await ann.http.delete('/volumes/hanging').expect(204)
  })

  it('never gets command lines', async () => {
    await create({ actions: ['exec_create'] })
    const { id } = await runContainer(ann, withName('shell'))
    await run(s, id, 'echo', 'hunter2')
    await eventually('the delivery', () => events().length > 0)
    expect(events()).toMatchObject([{ action: 'exec_create', command: null }])
    expect(JSON.stringify(got)).not.toContain('hunter2')
    await ann.http.delete('/containers/shell?force=true').expect(204)
  })

  it('does not go where the gateway alone may go', async () => {
    for (const target of ['http://127.0.0.1:1/', 'http://169.254.169.254/', 'http://10.201.0.1/', 'https://localhost/', s.url])
      expect(await mia.fails('POST', '/webhooks', { url: target })).toMatchObject({ status: 403, code: 'webhook_address_refused' })
    for (const target of ['ftp://1.1.1.1/', 'https://user:password@1.1.1.1/', 'not a url', 'javascript:alert(1)'])
      expect(await mia.fails('POST', '/webhooks', { url: target })).toMatchObject({ status: 400, errors: [{ pointer: '/url' }] })
  })

  it('of which there are enough is refused before anything is looked up for it', async () => {
    for (let n = 0; n < 20; n++) await create()
    expect(await mia.fails('POST', '/webhooks', { url })).toMatchObject({ code: 'quota_exceeded' })
    // not webhook_address_refused: nobody has looked
    expect(await mia.fails('POST', '/webhooks', { url: 'http://127.0.0.1:1/' })).toMatchObject({ code: 'quota_exceeded' })
  })

  it('is of its team: the secret is shown once, foreign and missing are one, developers have none', async () => {
    const { id, secret } = await create({ secret: 'a secret that is long enough' })
    expect(secret).toBe('a secret that is long enough')
    expect(JSON.stringify(await mia.ok('GET', '/webhooks'))).not.toContain(secret)
    expect((await ben.ok<{ items: Webhook[] }>('GET', '/webhooks')).items).toEqual([])
    expect(await ben.fails('DELETE', `/webhooks/${id}`)).toMatchObject({ status: 404 })
    expect(await ann.fails('POST', '/webhooks', { url })).toMatchObject({ code: 'permission_denied' })
    expect(await mia.fails('POST', '/webhooks', { url, secret: 'short' })).toMatchObject({ errors: [{ pointer: '/secret' }] })
  })
})
