/** Writes with an Idempotency-Key: done once, answered as often as they are sent. */
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { KeptAnswersRetention } from '../../src/http/kept-answers-retention.js'
import { type Keyed, KeptAnswers } from '../../src/http/kept-answers.js'
import { Database } from '../../src/store/database.js'
import { Actor, BASE_IMAGE, runContainer, type Scenario, scenario, type Team, withName } from '../support/scenario.js'

interface Items<T> {
  readonly items: T[]
}
interface Named {
  readonly id: string
  readonly name: string
}

const HEADER = 'idempotency-key'
const DAY_MS = 86_400_000

let s: Scenario
let alpha: Team
let ann: Actor

beforeAll(async () => {
  s = await scenario()
  alpha = await s.team('alpha')
  ann = await s.user('ann', { alpha: 'maintainer' })
})
afterEach(async () => {
  await db().deleteFrom('idempotency_keys').execute()
})
afterAll(() => s?.end())

const db = () => s.gateway.app.get(Database, { strict: false })
const keyRows = () => db().selectFrom('idempotency_keys').selectAll().execute()
const spec = (name: string) => ({ image: BASE_IMAGE, command: ['sleep', '3600'], name })
const create = (actor: Actor, key: string, body: object) => actor.http.post('/containers').set(HEADER, key).send(body)
const containers = async (name: string) =>
  (await ann.ok<Items<Named>>('GET', '/containers?all=true')).items.filter((container) => container.name === name)
const fresh = () => ({ key: randomUUID(), name: `c-${randomUUID().slice(0, 8)}` })
/** As it would be after a crash. */
const cutOff = (process: string) => db().updateTable('idempotency_keys').set({ status: null, answer: null, process_id: process }).execute()

describe('a write with an Idempotency-Key', () => {
  it('is done once, and a repeat gets the same answer', async () => {
    const { key, name } = fresh()
    const first = await create(ann, key, spec(name)).expect(201)
    expect(first.headers).not.toHaveProperty('idempotency-replayed')
    const { command, image } = spec(name)
    const again = await create(ann, key, { name, image, command }).expect(201)
    expect(again.headers['idempotency-replayed']).toBe('true')
    expect(again.text).toBe(first.text)
    expect(again.headers['berth-revision']).toBe(first.headers['berth-revision'])
    expect(again.headers['content-type']).toBe(first.headers['content-type'])
    expect(again.headers['x-request-id']).not.toBe(first.headers['x-request-id'])
    expect(await containers(name)).toHaveLength(1)
  })

  it('is told from another request with the same key', async () => {
    const { key, name } = fresh()
    await create(ann, key, spec(name)).expect(201)
    for (const other of [
      create(ann, key, spec(`${name}-2`)),
      ann.http.post('/containers?start=true').set(HEADER, key).send(spec(name)),
      ann.http.post('/volumes').set(HEADER, key).send({ name }),
    ])
      expect((await other.expect(409)).body).toMatchObject({ code: 'idempotency_mismatch' })
    expect(await containers(`${name}-2`)).toEqual([])
  })

  it('is done by exactly one of several at once', async () => {
    const { key } = fresh()
    const answers = await Promise.all(Array.from({ length: 6 }, () => create(ann, key, { image: BASE_IMAGE, labels: { run: key } })))
    const made = answers.filter(({ status, headers }) => status === 201 && !headers['idempotency-replayed'])
    expect(made).toHaveLength(1)
    for (const { status, headers, body } of answers.filter((answer) => !made.includes(answer)))
      if (status === 201) expect(body).toEqual(made[0]!.body)
      else expect([status, body.code, headers['retry-after']]).toEqual([409, 'conflict', '1'])
    const all = await ann.ok<Items<Named>>('GET', `/containers?all=true&label=run=${key}`)
    expect(all.items).toHaveLength(1)
  })

  it('says that the first is not over, and answers when it is', async () => {
    const { key, name } = fresh()
    await runContainer(ann, withName(name))
    const stop = () => ann.http.post(`/containers/${name}/stop?timeout=3`).set(HEADER, key)
    const first = stop().then((answer) => answer)
    await expect.poll(async () => (await keyRows()).length).toBe(1)
    const early = await stop().expect(409)
    expect(early.body).toMatchObject({ code: 'conflict', detail: expect.stringContaining('is not over') })
    expect(early.headers['retry-after']).toBe('1')
    const { status, text } = await first
    expect(status).toBeLessThan(300)
    const again = await stop().expect(status)
    expect([again.text, again.headers['idempotency-replayed']]).toEqual([text, 'true'])
  })

  it('that has no body in its answer is repeated without one', async () => {
    const { key } = fresh()
    const put = () => s.admin.http.put(`/teams/${alpha.name}/members/${ann.userId}`).set(HEADER, key).send({ role: 'maintainer' })
    const [first, again] = [await put(), await put()]
    expect([again.status, again.text, again.headers['idempotency-replayed']]).toEqual([first.status, first.text, 'true'])
  })

  it('is repeated with its ETag', async () => {
    const { key } = fresh()
    const put = () => s.admin.http.put(`/teams/${alpha.name}/profile`).set(HEADER, key).send({ profile: 'baseline' }).expect(200)
    const [first, again] = [await put(), await put()]
    expect(first.headers['etag']).toBeDefined()
    expect([again.headers['etag'], again.text]).toEqual([first.headers['etag'], first.text])
  })

  it('that starts a job starts one, also where it waits for its end', async () => {
    const { key, name } = fresh()
    await runContainer(ann, withName(name))
    const commit = (wait: number) =>
      ann.http
        .post(`/containers/${name}/commit`)
        .set({ [HEADER]: key, prefer: `wait=${wait}` })
        .send({ reference: `${name}:1` })
    const first = await commit(30).expect(200)
    expect(first.body).toMatchObject({ state: 'succeeded' })
    const again = await commit(0).expect(200)
    expect([again.text, again.headers['location']]).toEqual([first.text, first.headers['location']])
    const jobs = await ann.ok<Items<{ kind: string; subject: object }>>('GET', '/jobs?kind=images.commit')
    expect(jobs.items.filter(({ subject }) => JSON.stringify(subject).includes(name))).toHaveLength(1)
    await ann.ok('DELETE', `/images/${encodeURIComponent(`${name}:1`)}`)
  })

  it('is done again after an error', async () => {
    const [{ key, name }, holder] = [fresh(), fresh()]
    await create(ann, holder.key, spec(name)).expect(201)
    for (const _ of [1, 2]) expect((await create(ann, key, spec(name)).expect(409)).body).toMatchObject({ code: 'name_in_use' })
    await ann.ok('DELETE', `/containers/${name}?force=true`)
    const made = await create(ann, key, spec(name)).expect(201)
    expect(made.headers).not.toHaveProperty('idempotency-replayed')
    await create(ann, randomUUID(), { image: 5 }).expect(400)
    expect(await keyRows()).toHaveLength(2)
  })

  it('survives a restart of the gateway', async () => {
    const { key, name } = fresh()
    const first = await create(ann, key, spec(name)).expect(201)
    await s.gateway.restart()
    const again = await create(ann, key, spec(name)).expect(201)
    expect([again.text, again.headers['idempotency-replayed']]).toEqual([first.text, 'true'])
    // the revision that was kept is as good as ever: the new process looks at the engine first
    const listed = await ann.http.get('/containers?all=true').set('berth-revision', again.headers['berth-revision']!).expect(200)
    expect((listed.body as Items<Named>).items.filter((container) => container.name === name)).toHaveLength(1)
  })

  it.each([
    ['a process that is no more', () => randomUUID()],
    ['this process', () => s.gateway.app.get(KeptAnswers, { strict: false })['process'].id],
  ])('is not done again where it is not known what became of it in %s', async (_, process) => {
    const { key, name } = fresh()
    await create(ann, key, spec(name)).expect(201)
    await ann.ok('DELETE', `/containers/${name}`)
    await cutOff(process())
    const unknown = await create(ann, key, spec(name)).expect(409)
    expect(unknown.body).toMatchObject({ code: 'conflict', detail: expect.stringContaining('not known whether it was done') })
    expect(unknown.headers).not.toHaveProperty('retry-after')
    expect(await containers(name)).toEqual([])
  })

  it('is forgotten after a day', async () => {
    const [old, late] = [fresh(), fresh()]
    for (const { key, name } of [old, late]) await create(ann, key, spec(name)).expect(201)
    const past = new Date(Date.now() - DAY_MS - 1_000).toISOString()
    await db().updateTable('idempotency_keys').set({ created_at: past }).where('key', '=', old.key).execute()
    expect((await create(ann, old.key, spec(old.name)).expect(409)).body).toMatchObject({ code: 'name_in_use' })
    await db().updateTable('idempotency_keys').set({ created_at: past }).execute()
    await s.gateway.app.get(KeptAnswersRetention, { strict: false }).run()
    expect(await keyRows()).toEqual([])
  })

  it('is tried as ever with dryRun, and nothing is kept of it', async () => {
    const { key, name } = fresh()
    await ann.http.post('/containers?dryRun=true').set(HEADER, key).send(spec(name)).expect(204)
    expect(await keyRows()).toEqual([])
    const made = await create(ann, key, spec(name)).expect(201)
    expect(made.headers).not.toHaveProperty('idempotency-replayed')
    await ann.http
      .post('/containers?dryRun=true')
      .set(HEADER, key)
      .send(spec(`${name}-2`))
      .expect(204)
    await ann.http.post('/containers?dryRun=true').set(HEADER, 'two words').send(spec(name)).expect(400)
  })
})

describe('whose key it is', () => {
  it('is a matter of the user, whatever the login', async () => {
    const { key, name } = fresh()
    const bob = await s.user(`bob-${name}`, { alpha: 'developer' })
    const first = await create(ann, key, spec(name)).expect(201)
    const other = await create(bob, key, spec(`${name}-2`)).expect(201)
    expect(other.headers).not.toHaveProperty('idempotency-replayed')
    const later = await create(await s.login(ann), key, spec(name)).expect(201)
    expect([later.text, later.headers['idempotency-replayed']]).toEqual([first.text, 'true'])
  })

  it('is a matter of the token, which may do less than its owner', async () => {
    const { key, name } = fresh()
    await create(ann, key, spec(name)).expect(201)
    const token = await s.token(ann, ['containers.create', 'images.read'])
    expect((await create(token, key, spec(name)).expect(409)).body).toMatchObject({ code: 'name_in_use' })
  })

  it('who has lost the right gets no answer that was kept', async () => {
    const { key, name } = fresh()
    const eve = await s.user(`eve-${name}`, { alpha: 'developer' })
    await create(eve, key, spec(name)).expect(201)
    const start = () => eve.http.post(`/containers/${name}/start`).set(HEADER, `${key}-start`)
    expect((await start()).status).toBeLessThan(300)
    await s.admin.ok('PUT', `/teams/${alpha.name}/members/${eve.userId}`, { role: 'viewer' })
    await create(eve, key, spec(name)).expect(403)
    await start().expect(403)
    await s.admin.ok('DELETE', `/teams/${alpha.name}/members/${eve.userId}`)
    await start().expect(404)
  })

  it('the answer of one team is not for who is in another by now', async () => {
    const { key, name } = fresh()
    const eve = await s.user(`eve-${name}`, { alpha: 'developer' })
    await create(eve, key, spec(name)).expect(201)
    const beta = await s.team(`beta-${name}`)
    await s.admin.ok('DELETE', `/teams/${alpha.name}/members/${eve.userId}`)
    await s.admin.ok('PUT', `/teams/${beta.name}/members/${eve.userId}`, { role: 'developer' })
    expect((await create(eve, key, spec(name)).expect(409)).body).toMatchObject({ code: 'idempotency_mismatch' })
  })
})

describe('what is kept', () => {
  it('has a token that is shown once, sealed', async () => {
    const key = randomUUID()
    const make = () =>
      ann.http
        .post('/me/tokens')
        .set(HEADER, key)
        .send({ name: `t-${key}`, permissions: ['containers.read'] })
    const first = await make().expect(201)
    const { token } = first.body as { token: string }
    expect((await make().expect(201)).body).toMatchObject({ token })
    const { items } = await ann.ok<Items<Named>>('GET', '/me/tokens')
    expect(items.filter(({ name }) => name === `t-${key}`)).toHaveLength(1)
    const files = readdirSync(s.gateway.dataDir).filter((file) => file.startsWith('berth.db'))
    const text = files.map((file) => readFileSync(join(s.gateway.dataDir, file), 'latin1')).join('')
    // the long text itself in a failure would help nobody
    expect([key, token, token.slice(14)].map((each) => text.includes(each))).toEqual([true, false, false])
  })

  it('opens in no other row', async () => {
    const [one, two] = [fresh(), fresh()]
    for (const { key, name } of [one, two]) await create(ann, key, spec(name)).expect(201)
    const rows = await keyRows()
    const { answer } = rows.find(({ key }) => key === one.key)!
    await db().updateTable('idempotency_keys').set({ answer }).where('key', '=', two.key).execute()
    await create(ann, two.key, spec(two.name)).expect(500)
  })

  it('is no answer that is very large, nor too much of one principal, but that it was done', async () => {
    const kept = s.gateway.app.get(KeptAnswers, { strict: false })
    const keyed = (key: string): Keyed => ({
      principal: `user:${key.slice(0, 3)}`,
      key,
      fingerprint: 'f',
      teams: [],
      requestId: randomUUID(),
    })
    const run = async (key: string, characters: number) => {
      const turn = await kept.begin(keyed(key))
      if ('first' in turn) await kept.keep(turn.first, { status: 201, headers: {}, body: 'x'.repeat(characters) })
    }
    await run('big', 800_000)
    await expect(kept.begin(keyed('big'))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('was done with 201'),
    })
    for (let n = 0; n < 48; n++) await run(`sum-${n}`, 700_000)
    await expect(kept.begin(keyed('sum-0'))).resolves.toMatchObject({ again: { status: 201 } })
    await expect(kept.begin(keyed('sum-47'))).rejects.toMatchObject({ code: 'CONFLICT' })
    await run('sum-small', 100)
    await expect(kept.begin(keyed('sum-small'))).resolves.toMatchObject({ again: { status: 201 } })
  })
})

describe('the audit log', () => {
  it('tells a repeat from what was done, and from what was not', async () => {
    const { key, name } = fresh()
    const recordsOf = async (headers: Record<string, string>) => {
      const id = headers['x-request-id']!
      const { items } = await s.admin.ok<Items<{ phase: string; result: string }>>('GET', `/audit?requestId=${id}`)
      return items.map(({ phase, result }) => `${phase} ${result}`).toReversed()
    }
    const first = await create(ann, key, spec(name)).expect(201)
    const again = await create(ann, key, spec(name)).expect(201)
    const other = await create(ann, key, spec(`${name}-2`)).expect(409)
    expect(await recordsOf(first.headers)).toEqual(['intent ok', 'outcome ok'])
    expect(await recordsOf(again.headers)).toEqual(['intent ok', 'outcome replayed'])
    expect(await recordsOf(other.headers)).toEqual(['intent ok', 'outcome idempotency_mismatch'])
  })
})

describe('the header', () => {
  const refusal = { code: 'invalid_request', errors: [{ pointer: '/headers/Idempotency-Key' }] }

  it.each([
    ['is empty', ''],
    ['has a space', 'two words'],
    ['is not ASCII', 'schlüssel'],
    ['has a control character', 'a\tb'],
    ['is too long', 'x'.repeat(256)],
  ])('is refused where it %s', async (_, key) => {
    const { name } = fresh()
    expect((await create(ann, key, spec(name)).expect(400)).body).toMatchObject(refusal)
    expect(await containers(name)).toEqual([])
  })

  it('may be 255 characters of all kinds that are visible', async () => {
    const { name } = fresh()
    const key = `!"#$%&'()*+,-./:;<=>?@[]^_{|}~${name}`.padEnd(255, 'x')
    await create(ann, key, spec(name)).expect(201)
    expect((await create(ann, key, spec(name)).expect(201)).headers['idempotency-replayed']).toBe('true')
  })

  it.each(['/images/load', '/images/import?reference=x:1', '/images/build?reference=x:1'])(
    'is refused with the bytes of %s',
    async (path) => {
      const upload = ann.http
        .post(path)
        .set({ [HEADER]: 'k', 'content-type': 'application/x-tar' })
        .send(Buffer.alloc(1024))
      expect((await upload.expect(400)).body).toMatchObject(refusal)
    },
  )

  it('is refused with files for a container, and with a command in one', async () => {
    const { name } = fresh()
    const { id } = await runContainer(ann, withName(name))
    const put = ann.http.put(`/containers/${id}/archive?path=/tmp`).set({ [HEADER]: 'k', 'content-type': 'application/x-tar' })
    expect((await put.send(Buffer.alloc(1024)).expect(400)).body).toMatchObject(refusal)
    const exec = ann.http
      .post(`/containers/${id}/exec`)
      .set(HEADER, 'k')
      .send({ command: ['true'] })
    expect((await exec.expect(400)).body).toMatchObject(refusal)
  })

  it('is not read where nothing is changed', async () => {
    await ann.http.get('/me').set(HEADER, 'two words').expect(200)
    const can = ann.http
      .post('/me/can-i')
      .set(HEADER, 'two words')
      .send({ operation: 'ContainerCreate', target: { team: alpha.name } })
    expect((await can).status).not.toBe(500)
    expect(await keyRows()).toEqual([])
  })
})
