import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Database } from '../../src/store/database.js'
import type { Actor } from '../support/actor.js'
import type { Gateway } from '../support/app.js'
import { adminOf, gatewayAlone, type Items, person } from '../accounts/support/people.js'

interface Item {
  readonly seq: number
  readonly at: string
  readonly operation: string
  readonly phase: string
  readonly principal: string
  readonly team: string | null
  readonly result: string
  readonly asAdmin: boolean
  readonly hash: string
}

interface Verification {
  readonly intact: boolean
  readonly records: number
  readonly chains: { writer: string; firstPlace: number; lastPlace: number; head: string }[]
  readonly faults: { writer: string; place: number; reason: string; record: Item | null }[]
}

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url))

let gateway: Gateway
let admin: Actor
let ann: Actor
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'berth-audit-'))
  gateway = await gatewayAlone()
  admin = await adminOf(gateway)
  for (const name of ['alpha', 'beta']) await admin.ok('POST', '/teams', { name })
  ann = await person(admin, 'ann', { teams: { alpha: 'maintainer' } })
  await ann.ok('PATCH', '/teams/alpha', { displayName: 'Alpha' })
  await ann.fails('DELETE', '/teams/alpha')
  await gateway.restart()
  admin = await adminOf(gateway)
})
afterAll(async () => {
  await gateway?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const list = (query: string) => admin.ok<Items<Item>>('GET', `/audit?${query}`)
const exported = async (query = '') => (await admin.http.get(`/audit?format=ndjson${query}`).buffer(true).expect(200)).text

describe('GET /audit', () => {
  it.each<[string, (item: Item) => boolean]>([
    ['operation=TeamUpdate', ({ operation }) => operation === 'TeamUpdate'],
    ['principal=ann', ({ principal }) => principal === 'ann'],
    ['teamName=alpha', ({ team }) => team === 'alpha'],
    ['phase=denied', ({ phase }) => phase === 'denied'],
    ['result=permission_denied', ({ result }) => result === 'permission_denied'],
    ['asAdmin=false&principal=ann', ({ asAdmin }) => !asAdmin],
    ['asAdmin=true', ({ asAdmin }) => asAdmin],
    ['targetKind=teamEntity&phase=intent', ({ operation }) => operation === 'TeamUpdate' || operation === 'MemberPut'],
  ])('answers only what %s asks for', async (query, matches) => {
    const { items } = await list(`${query}&limit=1000`)
    expect(items.length).toBeGreaterThan(0)
    expect(items.filter((item) => !matches(item))).toEqual([])
  })

  it('answers a span of time, whatever zone it is given in', async () => {
    const { items } = await list('limit=1000')
    const middle = items[Math.floor(items.length / 2)]!
    const inZone = encodeURIComponent(middle.at.replace('Z', '+00:00'))
    const later = await list(`limit=1000&since=${inZone}`)
    expect(later.items.every(({ at }) => at >= middle.at)).toBe(true)
    expect(later.items.map(({ seq }) => seq)).toContain(middle.seq)
    const earlier = await list(`limit=1000&until=${inZone}`)
    expect(earlier.items.map(({ seq }) => seq)).not.toContain(middle.seq)
    expect(earlier.items.every(({ at }) => at < middle.at)).toBe(true)
  })

  it.each(['since=yesterday', 'asAdmin=1', 'phase=x', 'format=xml', 'team=alpha', 'format=ndjson&cursor=MQ'])(
    'refuses %s',
    async (query) => {
      expect(await admin.fails('GET', `/audit?${query}`)).toMatchObject({ status: 400, code: 'invalid_request' })
    },
  )

  it('is for auditors and administrators', async () => {
    const eve = await person(admin, 'eve', { hostRole: 'auditor' })
    await eve.http.get('/audit?limit=1').expect(200)
    await eve.http.get('/audit/verify').expect(200)
    await ann.http.get('/audit?format=ndjson').expect(403)
    await ann.http.get('/audit/verify').expect(403)
  })
})

describe('the export', () => {
  it('has a record for each line, oldest first, by the query or by the Accept header', async () => {
    const text = await exported('&operation=TeamCreate')
    const items = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Item)
    expect(items.map(({ operation, phase }) => `${operation} ${phase}`)).toEqual([
      'TeamCreate intent',
      'TeamCreate outcome',
      'TeamCreate intent',
      'TeamCreate outcome',
    ])
    expect(items.map(({ seq }) => seq)).toEqual(items.map(({ seq }) => seq).toSorted((a, b) => a - b))
    const accepted = await admin.http.get('/audit?operation=TeamCreate').set('accept', 'application/x-ndjson').buffer(true).expect(200)
    expect(accepted.headers['content-type']).toBe('application/x-ndjson')
    expect(accepted.text).toBe(text)
    expect((await exported('&limit=3')).trimEnd().split('\n')).toHaveLength(3)
  })

  it('has more records than are read at once', async () => {
    for (let n = 0; n < 300; n++) await admin.http.get(`/teams/missing-${n}`).expect(404)
    for (let n = 0; n < 300; n++) await admin.http.get(`/users/missing-${n}`).expect(404)
    const lines = (await exported()).trimEnd().split('\n')
    const { records } = await admin.ok<Verification>('GET', '/audit/verify')
    expect(lines.length).toBeGreaterThan(600)
    expect(lines.length).toBe(records)
  })
})

describe('GET /audit/verify', () => {
  it('answers one chain for each start, and that nothing is amiss', async () => {
    const { intact, chains, faults } = await admin.ok<Verification>('GET', '/audit/verify')
    expect({ intact, faults, starts: chains.length }).toEqual({ intact: true, faults: [], starts: 2 })
  })

  it('names the first bad record', async () => {
    const db = gateway.app.get(Database, { strict: false })
    const { items } = await list('operation=TeamUpdate&phase=intent')
    await db.updateTable('audit').set({ principal_name: 'eve' }).where('seq', '=', items[0]!.seq).execute()
    const { intact, faults } = await admin.ok<Verification>('GET', '/audit/verify')
    expect(intact).toBe(false)
    expect(faults[0]).toMatchObject({ reason: 'the record was changed', record: { seq: items[0]!.seq, principal: 'eve' } })
    await db.updateTable('audit').set({ principal_name: 'ann' }).where('seq', '=', items[0]!.seq).execute()
  })
})

describe('berth audit verify', () => {
  const run = async (...args: string[]) => {
    const env = { PATH: process.env['PATH'] }
    const done = promisify(execFile)(process.execPath, [CLI, 'audit', 'verify', ...args], { env })
    const { stdout, stderr } = await done.catch((error: { stdout: string; stderr: string }) => error)
    const code = await done.then(() => 0).catch((error: { code: number }) => error.code)
    return { code, stdout, stderr }
  }
  /** As an operator would: the gateway is stopped for the copy. */
  const copy = async () => {
    const dir = mkdtempSync(join(folder, 'copy-'))
    await gateway.halt()
    cpSync(gateway.dataDir, dir, { recursive: true })
    await gateway.listen()
    admin = await adminOf(gateway)
    return dir
  }

  it('verifies the database of a stopped gateway, and refuses that of a running one', async () => {
    const dir = await copy()
    const good = await run('--data-dir', dir)
    expect(good).toMatchObject({ code: 0, stderr: '' })
    expect(good.stdout).toMatch(/^the audit log is intact: \d+ records in \d chains\n$/)
    const running = await run('--data-dir', gateway.dataDir)
    expect(running).toMatchObject({ code: 2, stdout: '' })
    expect(running.stderr).toContain(`a gateway runs on ${gateway.dataDir}`)
    const none = await run('--data-dir', join(folder, 'nowhere'))
    expect(none.code).toBe(2)
  })

  it('names the first bad record of a database, and by kept heads what was written anew', async () => {
    const heads = join(folder, 'heads.json')
    writeFileSync(heads, JSON.stringify(await admin.ok<Verification>('GET', '/audit/verify')))
    const dir = await copy()
    expect((await run('--data-dir', dir, '--heads', heads)).code).toBe(0)
    const { default: Sqlite } = await import('better-sqlite3')
    const db = new Sqlite(join(dir, 'berth.db'))
    const { seq } = db.prepare(`select max(seq) as seq from audit where operation = 'TeamUpdate'`).get() as { seq: number }
    db.prepare(`update audit set result = 'denied' where seq = ?`).run(seq)
    db.close()
    const bad = await run('--data-dir', dir)
    expect(bad.code).toBe(1)
    expect(bad.stdout).toContain('THE AUDIT LOG IS NOT INTACT\nfirst bad record: place ')
    expect(bad.stdout).toMatch(new RegExp(`\\(number ${seq}: \\S+ TeamUpdate outcome by ann\\): the record was changed`))
    const json = await run('--data-dir', dir, '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ intact: false, faults: [{ record: { seq } }] })
  })

  it('verifies an export, and what was cut off of one by kept heads', async () => {
    const file = join(folder, 'export.ndjson')
    const text = await exported()
    writeFileSync(file, text)
    const heads = join(folder, 'heads-of-export.json')
    const first = await run('--export', file, '--json')
    expect(first.code).toBe(0)
    writeFileSync(heads, first.stdout)
    writeFileSync(file, text.trimEnd().split('\n').slice(0, -1).join('\n'))
    expect((await run('--export', file)).code).toBe(0)
    const cut = await run('--export', file, '--heads', heads)
    expect(cut.code).toBe(1)
    expect(cut.stdout).toContain('is missing')
  })

  it.each([
    [['--export', '/nowhere/at-all'], /can't be verified: ENOENT/],
    [['--export', CLI], /line 1 is no audit record/],
    [['--heads', CLI, '--data-dir', '/nowhere'], /is no answer of a verification/],
    [['--frobnicate'], /usage: berth audit verify/],
    [['again'], /there is no command audit verify again/],
  ])('says what is wrong with %j', async (args, text) => {
    const { code, stderr, stdout } = await run(...args)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(text)
  })
})
