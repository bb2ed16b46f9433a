/**
 * Between a decision and what it stands on: rights that go while a stream is open or a request is on its way, names that many
 * want at once, objects that go while they are changed, labels and names that come back from elsewhere.
 */
import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Ack, type RawSocket, until } from '../streams/support.js'
import type { Actor, Problem } from '../support/actor.js'
import { bed } from '../support/bed.js'
import { engineCall, engineJson } from '../support/engine-http.js'
import { Field, pull } from './support/field.js'

let field: Field
beforeAll(async () => {
  field = await Field.make()
}, 120_000)
afterAll(() => field?.end())

afterEach(async () => {
  expect(await field.isAlive()).toBe(true)
  expect(field.log).not.toMatch(/unhandled|uncaught/i)
  // whatever was raced for: each object of the engine has one owner, and none is left to nobody
  const rows = await field.database.query<{ engine_id: string }>(`select engine_id from ownership where state = 'live'`)
  const owned = rows.rows.map(({ engine_id }) => engine_id)
  expect(new Set(owned).size).toBe(owned.length)
  await until('no container of ours without an owner', async () => (await orphans(owned)).length === 0)
})

interface Made {
  readonly id: string
  readonly name: string
}
type Answered = { readonly status: number; readonly body: Made & Partial<Problem> }

const create = (actor: Actor, body: object): Promise<Answered> => actor.http.post('/containers').send({ image: 'busybox:1', ...body })
const remove = (actor: Actor, ref: string): Promise<{ status: number }> => actor.http.delete(`/containers/${ref}?force=true`)

async function orphans(owned: readonly string[]): Promise<string[]> {
  const now = await field.database.query<{ engine_id: string }>(`select engine_id from ownership where state = 'live'`)
  const known = new Set([...owned, ...now.rows.map(({ engine_id }) => engine_id)])
  const all = await engineJson<{ Id: string; Names: string[] }[]>(bed().socketPath, 'GET', '/containers/json?all=true')
  return all.filter(({ Id, Names }) => Names.some((name) => name.includes(`-${field.suffix}--`)) && !known.has(Id)).map(({ Id }) => Id)
}

/** Opens a stream and keeps it. */
async function opened(actor: Actor, kind: string, params: object): Promise<{ raw: RawSocket; ack: Ack }> {
  const raw = await field.socket(actor)
  const ack = await raw.ask('stream:open', { kind, params })
  if (!ack.ok) throw new Error(JSON.stringify(ack.error))
  return { raw, ack }
}

async function cut({ raw, ack }: { raw: RawSocket; ack: Ack }): Promise<Record<string, unknown>> {
  await until('the stream to be cut', () => raw.end(ack.streamId) ?? raw.disconnected, 5_000)
  return raw.end(ack.streamId) ?? { reason: 'disconnected' }
}

describe('a role that goes while a stream is open', () => {
  it.each([
    ['lowered to viewer', 'viewer'],
    ['taken away', null],
  ])('%s: the exec is cut, and its process is gone', async (_, role) => {
    const eve = await field.user(`eve-${randomUUID().slice(0, 6)}`, { [field.alpha.name]: 'developer' })
    const mark = `mark${randomUUID()}`
    const stream = await opened(eve, 'container.exec', { container: 'web', command: ['sh', '-c', `: ${mark}; while :; do sleep 1; done`] })
    const member = `/teams/${field.alpha.name}/members/${eve.userId}`
    await (role ? field.actor('root').ok('PUT', member, { role }) : field.actor('root').ok('DELETE', member))
    expect(await cut(stream)).toMatchObject({ reason: 'revoked' })
    await until('the process to be gone', async () => !(await processes()).includes(mark))
    expect((await stream.raw.ask('stream:input', { streamId: stream.ack.streamId, data: 'id\n' })).ok).toBe(false)
  })

  it('a user that is disabled: streams and requests end, and no new one begins', async () => {
    const eve = await field.user(`eve-${randomUUID().slice(0, 6)}`, { [field.alpha.name]: 'developer' })
    const stream = await opened(eve, 'container.logs', { containers: ['web'], follow: true })
    await field.actor('root').ok('PATCH', `/users/${eve.userId}`, { disabled: true })
    await cut(stream)
    await until('requests to be refused', async () => (await eve.http.get('/me')).status === 401, 3_000)
    await expect(field.login(eve)).rejects.toThrow()
    await expect(field.socket(eve)).rejects.toMatchObject({ data: { code: 'unauthenticated' } })
  })

  it('a hundred openings while the role goes: none is left open', async () => {
    const eve = await field.user(`eve-${randomUUID().slice(0, 6)}`, { [field.alpha.name]: 'developer' })
    const raw = await field.socket(eve)
    const params = { containers: ['web'], follow: true }
    const openings = Array.from({ length: 100 }, () => raw.ask('stream:open', { kind: 'container.logs', params }))
    await field.actor('root').ok('DELETE', `/teams/${field.alpha.name}/members/${eve.userId}`)
    const acks = await Promise.all(openings)
    const streams = acks.filter(({ ok }) => ok).map(({ streamId }) => streamId)
    await until('all of them to be cut', () => raw.disconnected || streams.every((id) => raw.end(id)), 5_000)
    for (const { ok, error } of acks)
      if (!ok) expect(['not_found', 'permission_denied', 'rate_limited', 'stream_limit']).toContain(error.code)
  })

  it('a container that goes to another team: its old team reads on for two seconds at most', async () => {
    const { id } = (await create(field.actor('ann'), { name: `moves${randomUUID().slice(0, 6)}`, command: ['sleep', '600'] })).body
    await field.actor('ann').ok('POST', `/containers/${id}/start`)
    const stream = await opened(field.actor('ann'), 'container.logs', { containers: [id], follow: true })
    // as an administrator's assignment would: the row goes to bravo
    await field.database.query(`update ownership set team_id = $1 where engine_id = $2`, [field.bravo.id, id])
    expect((await field.actor('ann').http.get(`/containers/${id}`)).status).toBe(404)
    expect((await field.actor('bob').http.get(`/containers/${id}`)).status, 'the witness names the team of its creation').toBe(404)
    await field.database.query(`update ownership set team_id = $1 where engine_id = $2`, [field.alpha.id, id])
    stream.raw.socket.disconnect()
    expect((await remove(field.actor('ann'), id)).status).toBeLessThan(300)
  })
})

describe('a name that many want at once', () => {
  it('twenty creations of one name: one gets it', async () => {
    const name = `same${randomUUID().slice(0, 6)}`
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(field.actor('ann'), { name })))
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, ...Array<number>(19).fill(409)])
    expect(new Set(answers.filter(({ status }) => status === 409).map(({ body }) => body.code))).toEqual(new Set(['name_in_use']))
    expect((await remove(field.actor('ann'), name)).status).toBeLessThan(300)
  })

  it('two teams and one name: both get it, and each sees its own', async () => {
    const name = `both${randomUUID().slice(0, 6)}`
    const [mine, theirs] = await Promise.all([create(field.actor('ann'), { name }), create(field.actor('bob'), { name })])
    expect([mine.status, theirs.status]).toEqual([201, 201])
    expect((await field.actor('ann').ok<Made>('GET', `/containers/${name}`)).id).toBe(mine.body.id)
    expect((await field.actor('bob').ok<Made>('GET', `/containers/${name}`)).id).toBe(theirs.body.id)
    expect((await field.actor('ann').http.get(`/containers/${theirs.body.id}`)).status).toBe(404)
  })

  it('five renames to one name: one gets it, and the others keep theirs', async () => {
    const ann = field.actor('ann')
    const name = `goal${randomUUID().slice(0, 6)}`
    const made = await Promise.all(Array.from({ length: 5 }, (_, i) => create(ann, { name: `${name}-from-${i}` })))
    const answers = await Promise.all(made.map(({ body }) => ann.http.post(`/containers/${body.id}/rename`).send({ name })))
    expect(answers.filter(({ status }) => status < 300)).toHaveLength(1)
    const { items } = await ann.ok<{ items: Made[] }>('GET', '/containers?all=true&limit=1000')
    const names = items.map((item) => item.name).filter((item) => item.startsWith(name))
    expect(names).toHaveLength(5)
    expect(new Set(names).size).toBe(5)
  })

  it('a creation and a rename to one name: one gets it', async () => {
    const ann = field.actor('ann')
    const name = `duel${randomUUID().slice(0, 6)}`
    const { body } = await create(ann, { name: `${name}-old` })
    const [made, renamed] = await Promise.all([create(ann, { name }), ann.http.post(`/containers/${body.id}/rename`).send({ name })])
    expect([made.status < 300, renamed.status < 300].filter(Boolean)).toHaveLength(1)
  })

  it('a name that is freed and taken in a hurry: never two, never none', async () => {
    const ann = field.actor('ann')
    const name = `flip${randomUUID().slice(0, 6)}`
    for (let round = 0; round < 5; round++) {
      const [, made] = await Promise.all([remove(ann, name), create(ann, { name })])
      const { items } = await ann.ok<{ items: Made[] }>('GET', '/containers?all=true&limit=1000')
      const found = items.filter((item) => item.name === name)
      expect(found.length).toBeLessThanOrEqual(1)
      if (made.status === 201) expect(found.map(({ id }) => id)).toEqual([made.body.id])
    }
  })

  it('twenty volumes of one name: one is made', async () => {
    const name = `vol${randomUUID().slice(0, 6)}`
    const answers = await Promise.all(Array.from({ length: 20 }, () => field.actor('ann').http.post('/volumes').send({ name })))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 409)).toHaveLength(19)
  })
})

describe('an object that goes while it is used', () => {
  it('ten removals of one container: one removes it, the others find nothing', async () => {
    const { body } = await create(field.actor('ann'), {})
    const answers = await Promise.all(Array.from({ length: 10 }, () => remove(field.actor('ann'), body.id)))
    for (const { status } of answers) expect([200, 204, 404, 409]).toContain(status)
    expect(answers.some(({ status }) => status < 300)).toBe(true)
    await until('it to be gone', async () => (await field.actor('ann').http.get(`/containers/${body.id}`)).status === 404)
  })

  it('start, stop, restart, rename and removal at once: each is answered, and nothing is left of it', async () => {
    const ann = field.actor('ann')
    const { body } = await create(ann, { command: ['sleep', '600'] })
    const answers = await Promise.all([
      ann.http.post(`/containers/${body.id}/start`),
      ann.http.post(`/containers/${body.id}/stop?timeout=0`),
      ann.http.post(`/containers/${body.id}/restart?timeout=0`),
      ann.http.post(`/containers/${body.id}/rename`).send({ name: `x${randomUUID().slice(0, 8)}` }),
      remove(ann, body.id),
      ann.http.get(`/containers/${body.id}`),
    ])
    for (const { status } of answers) expect(status).toBeLessThan(500)
    await until('it to be removed', async () => (await remove(ann, body.id)).status === 404)
  })

  it('a team that is deleted while its members create: what was answered for is there, or the team is', async () => {
    const team = await field.team(`gone${randomUUID().slice(0, 4)}`)
    const eve = await field.user(`eve-${randomUUID().slice(0, 6)}`, { [team.name]: 'developer' })
    await pull(eve, 'busybox:1')
    const creates = Array.from({ length: 5 }, () => create(eve, {}))
    const removal = await field.actor('root').http.delete(`/teams/${team.name}`)
    const answers = await Promise.all(creates)
    if (removal.status < 300) expect(answers.filter(({ status }) => status === 201)).toEqual([])
    else expect((removal.body as Problem).code).toBe('team_not_empty')
    for (const { body } of answers) if (body.id) await remove(field.actor('root'), body.id)
  })

  it('an image that is removed while containers are made of it', async () => {
    const ann = field.actor('ann')
    await ann.ok('POST', '/images/tag', { source: 'busybox:1', target: 'racing:1' })
    const [, ...answers] = await Promise.all([
      ann.http.delete('/images/racing%3A1'),
      ...Array.from({ length: 5 }, () => create(ann, { image: 'racing:1', pull: 'never' })),
    ])
    for (const { status, body } of answers) if (status !== 201) expect(body.code).toBe('image_not_present')
  })
})

describe('a file that is read while its container changes what leads to it', () => {
  it('CVE-2018-15664: a folder that is a link at every second look never leads to a file of the host (docker cp)', async () => {
    const ann = field.actor('ann')
    const { body } = await create(ann, {
      name: `swap${randomUUID().slice(0, 6)}`,
      command: [
        'sh',
        '-c',
        `mkdir -p /a${field.gateway.dataDir}; echo own > /a${field.gateway.dataDir}/canary; while :; do mv /a /b; ln -s / /a; usleep 2000; rm /a; mv /b /a; usleep 2000; done`,
      ],
    })
    const secret = `canary-host-${randomUUID()}`
    writeFileSync(join(field.gateway.dataDir, 'canary'), secret)
    await ann.ok('POST', `/containers/${body.id}/start`)
    const path = encodeURIComponent(`/a${field.gateway.dataDir}/canary`)
    const seen = new Set<number>()
    for (let round = 0; round < 200 && !(round > 25 && seen.has(200)); round++) {
      const url = `${field.url}/api/v1/containers/${body.id}/archive?path=${path}&as=file`
      const answer = await fetch(url, { headers: { authorization: `Bearer ${ann.accessToken}` }, signal: AbortSignal.timeout(10_000) })
      // it may vanish between its head and its bytes: then the answer is cut
      const text = await answer.text().catch(() => null)
      if (text === null) continue
      expect(text).not.toContain(secret)
      seen.add(answer.status)
    }
    expect([...seen].filter((status) => ![200, 400, 404].includes(status))).toEqual([])
    expect(seen.has(200), 'it was there at some look').toBe(true)
    expect((await remove(ann, body.id)).status).toBeLessThan(300)
  })
})

describe('what comes back from elsewhere', () => {
  it('labels of a container of ours on a container of somebody else, as a backup that is restored has them, own nothing', async () => {
    const original = await engineJson<{ Config: { Labels: Record<string, string> } }>(
      bed().socketPath,
      'GET',
      `/containers/${field.web.id}/json`,
    )
    const name = `restored-${field.suffix}--x`
    const { Id } = await engineJson<{ Id: string }>(bed().socketPath, 'POST', `/containers/create?name=${name}`, {
      Image: 'berth.test/busybox:1',
      Cmd: ['sleep', '60'],
      Labels: original.Config.Labels,
    })
    try {
      await until('the gateway to see it', async () => {
        const { items } = await field.actor('root').ok<{ items: { id: string; quarantined: boolean }[] }>('GET', '/unowned?limit=1000')
        return items.some(({ id, quarantined }) => id === Id && quarantined)
      })
      for (const who of ['ann', 'mia', 'bob'] as const) {
        expect((await field.actor(who).http.get(`/containers/${Id}`)).status).toBe(404)
        expect((await field.actor(who).http.delete(`/containers/${Id}?force=true`)).status).toBe(404)
      }
      expect((await field.actor('ann').ok<Made>('GET', '/containers/web')).id).toBe(field.web.id)
    } finally {
      await engineCall(bed().socketPath, 'DELETE', `/containers/${Id}?force=true`)
    }
  })

  it("a container under the engine name of another, made while that is away, is nobody's", async () => {
    const ann = field.actor('ann')
    const { body } = await create(ann, { name: `away${randomUUID().slice(0, 6)}` })
    await engineCall(bed().socketPath, 'DELETE', `/containers/${body.id}?force=true`)
    const { Id } = await engineJson<{ Id: string }>(bed().socketPath, 'POST', `/containers/create?name=${field.alpha.name}--${body.name}`, {
      Image: 'berth.test/busybox:1',
      Cmd: ['sleep', '60'],
    })
    try {
      await until('the row to be ended', async () => (await ann.http.get(`/containers/${body.name}`)).status === 404)
      expect((await ann.http.get(`/containers/${Id}`)).status).toBe(404)
    } finally {
      await engineCall(bed().socketPath, 'DELETE', `/containers/${Id}?force=true`)
    }
  })

  it("a name that is another container's short id takes nothing over, also where it was made beside the gateway", async () => {
    const short = field.web.id.slice(0, 12)
    const { Id } = await engineJson<{ Id: string }>(bed().socketPath, 'POST', `/containers/create?name=${short}`, {
      Image: 'berth.test/busybox:1',
      Cmd: ['sleep', '60'],
    })
    try {
      expect((await field.actor('ann').ok<Made>('GET', `/containers/${short}`)).id).toBe(field.web.id)
    } finally {
      await engineCall(bed().socketPath, 'DELETE', `/containers/${Id}?force=true`)
    }
  })
})

async function processes(): Promise<string> {
  return JSON.stringify(await engineJson(bed().socketPath, 'GET', `/containers/${field.web.id}/top`))
}
