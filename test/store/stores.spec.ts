import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isUniqueViolation, type Database } from '../../src/store/database.js'
import { AuditStore, type NewAuditRecord } from '../../src/store/audit.store.js'
import { ImageReferenceStore, LIBRARY } from '../../src/store/image-references.store.js'
import { JobStore } from '../../src/store/jobs.store.js'
import { MembershipStore } from '../../src/store/memberships.store.js'
import { MIGRATIONS } from '../../src/store/migrations/index.js'
import { OwnershipStore } from '../../src/store/ownership.store.js'
import { ProcessStore } from '../../src/store/processes.store.js'
import type { JobsTable, SessionsTable, TokensTable } from '../../src/store/schema.js'
import { SessionStore } from '../../src/store/sessions.store.js'
import { SettingsStore } from '../../src/store/settings.store.js'
import { SetupStore } from '../../src/store/setup.store.js'
import { TeamStore } from '../../src/store/teams.store.js'
import { TokenStore } from '../../src/store/tokens.store.js'
import { UserStore } from '../../src/store/users.store.js'
import { aRow, AT, aTeam, aUser, fresh, KINDS, LATER, type Opened } from './support/databases.js'

describe.each(KINDS)('on the %s database', (kind) => {
  let opened: Opened
  let db: Database

  beforeAll(async () => {
    opened = await fresh(kind)
    db = await opened.open()
  })

  afterAll(async () => {
    await db?.destroy()
    await opened?.close()
  })

  const team = async () => {
    const row = aTeam()
    await new TeamStore(db).insert(row)
    return row
  }
  const user = async (change = {}) => {
    const row = aUser(change)
    await new UserStore(db).insert(row)
    return row
  }

  it('the migrations have all run, and running them again changes nothing', async () => {
    const names = async () =>
      (await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)).rows.map(({ name }) => name)
    expect(await names()).toEqual(Object.keys(MIGRATIONS).sort())
    if (kind === 'embedded') await db.destroy()
    const again = await opened.open()
    if (kind === 'embedded') db = again
    else await again.destroy()
    expect(await names()).toEqual(Object.keys(MIGRATIONS).sort())
  })

  describe('settings', () => {
    it('make a value once, whoever asks at the same time', async () => {
      const store = new SettingsStore(db)
      const values = await Promise.all(Array.from({ length: 8 }, (_, i) => store.getOrCreate('once', () => `v${i}`)))
      expect(new Set(values).size).toBe(1)
      expect(await store.get('once')).toBe(values[0])
      expect(await store.get('never')).toBeNull()
    })

    it('are overwritten and taken by exactly one', async () => {
      const store = new SettingsStore(db)
      await store.set('token', 'a')
      await store.set('token', 'b')
      expect(await store.take('token', 'a')).toBe(false)
      const taken = await Promise.all(Array.from({ length: 5 }, () => store.take('token', 'b')))
      expect(taken.filter(Boolean)).toHaveLength(1)
      expect(await store.get('token')).toBeNull()
    })
  })

  describe('processes', () => {
    it('are alive by their last beat', async () => {
      const store = new ProcessStore(db)
      await store.beat('one', AT, AT)
      await store.beat('two', AT, AT)
      await store.beat('two', AT, LATER)
      expect(await store.alive(LATER)).toEqual(['two'])
      await store.remove('two')
      expect(await store.alive(AT)).toEqual(['one'])
      expect(await store.bury(AT)).toBe(0)
      expect(await store.bury(LATER)).toBe(1)
      expect(await store.alive(AT)).toEqual([])
    })
  })

  describe('users', () => {
    it('are found by id and by name, and never by a name that is an id at login', async () => {
      const store = new UserStore(db)
      const ann = await user({ display_name: "O'Neil; drop table users; -- ☃" })
      expect(await store.find(ann.id)).toEqual(ann)
      expect(await store.find(ann.username)).toEqual(ann)
      expect(await store.byUsername(ann.id)).toBeNull()
      expect(await store.find('a\0b')).toBeNull()
      expect((await store.all()).map(({ id }) => id)).toContain(ann.id)
      expect(await store.count()).toBe((await store.all()).length)
    })

    it('have names that are taken once', async () => {
      const ann = await user()
      const error = await new UserStore(db).insert(aUser({ username: ann.username })).catch((e: unknown) => e)
      expect(isUniqueViolation(error)).toBe(true)
      const sameId = await new UserStore(db).insert(aUser({ id: ann.id })).catch((e: unknown) => e)
      expect(isUniqueViolation(sameId)).toBe(true)
    })

    it('end their sessions with new credentials, but for the one that changes them', async () => {
      const ann = await user()
      const sessions = new SessionStore(db)
      const [kept, ended] = [aSession(ann.id), aSession(ann.id)]
      await sessions.insert(kept)
      await sessions.insert(ended)
      await new UserStore(db).update(ann.id, { credentials_at: LATER, password_hash: 'new' }, { keepSession: kept.id })
      expect((await sessions.open(ann.id, AT)).map(({ id }) => id)).toEqual([kept.id])
      expect((await sessions.find(ended.id))?.revoked_at).toBe(LATER)
    })

    it('never lose the last administrator, also when two demote each other at once', async () => {
      const store = new UserStore(db)
      await db.updateTable('users').set({ host_role: null }).execute()
      const admins = await Promise.all([user({ host_role: 'admin' }), user({ host_role: 'admin' })])
      const tries = await Promise.allSettled(admins.map(({ id }) => store.update(id, { host_role: null })))
      expect(tries.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
      expect(tries.find((t) => t.status === 'rejected')).toMatchObject({ reason: { code: 'LAST_ADMINISTRATOR' } })
      const left = (await store.all()).filter(({ host_role }) => host_role === 'admin')
      expect(left).toHaveLength(1)
      await expect(store.remove(left[0]!.id)).rejects.toMatchObject({ code: 'LAST_ADMINISTRATOR' })
      await expect(store.update(left[0]!.id, { disabled: 1 })).rejects.toMatchObject({ code: 'LAST_ADMINISTRATOR' })
    })

    it('take their memberships, sessions and tokens along', async () => {
      const [ann, alpha] = [await user(), await team()]
      await new MembershipStore(db).put({ team_id: alpha.id, user_id: ann.id, role: 'viewer', created_at: AT })
      await new SessionStore(db).insert(aSession(ann.id))
      await new TokenStore(db).insert(aToken(ann.id))
      await new UserStore(db).remove(ann.id)
      expect(await new MembershipStore(db).ofTeam(alpha.id)).toEqual([])
      expect(await new SessionStore(db).open(ann.id, AT)).toEqual([])
      expect(await new TokenStore(db).ofUser(ann.id)).toEqual([])
      await expect(new UserStore(db).update(ann.id, { disabled: 0 })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })
  })

  describe('teams and memberships', () => {
    it('have a name that is never used again', async () => {
      const store = new TeamStore(db)
      const alpha = await team()
      expect(await store.find(alpha.name)).toEqual({ ...alpha, profile_expires_at: null, port_range: null, granted: null })
      expect(await store.close(alpha.id, LATER)).toBe(0)
      expect(await store.find(alpha.id)).toBeNull()
      expect((await store.all()).map(({ id }) => id)).not.toContain(alpha.id)
      const error = await store.insert(aTeam({ name: alpha.name })).catch((e: unknown) => e)
      expect(isUniqueViolation(error)).toBe(true)
    })

    it('are not closed while they own something, whatever kind it is', async () => {
      const store = new TeamStore(db)
      const alpha = await team()
      const row = aRow(alpha.id)
      await new OwnershipStore(db).insert(row)
      const image = anImage(alpha.id)
      await new ImageReferenceStore(db).put(image)
      const job = aJob(alpha.id)
      await new JobStore(db).insert(job)
      expect(await store.close(alpha.id, LATER)).toBe(3)
      await new OwnershipStore(db).end(row.uid)
      await new ImageReferenceStore(db).remove(image.uid)
      expect(await store.close(alpha.id, LATER)).toBe(1)
      await new JobStore(db).end(job.id, { state: 'succeeded', ended_at: LATER })
      expect(await store.close(alpha.id, LATER)).toBe(0)
    })

    it('give a member one role, and forget it with the team', async () => {
      const [ann, alpha] = [await user(), await team()]
      const members = new MembershipStore(db)
      await members.put({ team_id: alpha.id, user_id: ann.id, role: 'viewer', created_at: AT })
      await members.put({ team_id: alpha.id, user_id: ann.id, role: 'developer', created_at: LATER })
      expect(await members.ofTeam(alpha.id)).toMatchObject([{ user_id: ann.id, username: ann.username, role: 'developer' }])
      expect(await new UserStore(db).memberships(ann.id)).toEqual([
        { team_id: alpha.id, team_name: alpha.name, role: 'developer', permissions: null },
      ])
      await new TeamStore(db).close(alpha.id, LATER)
      expect(await new UserStore(db).memberships(ann.id)).toEqual([])
      expect(await members.find(alpha.id, ann.id)).toBeNull()
    })

    it('refuse a member of a team that does not exist', async () => {
      const ann = await user()
      await expect(new MembershipStore(db).put({ team_id: randomUUID(), user_id: ann.id, role: 'viewer', created_at: AT })).rejects.toThrow(
        /foreign key/i,
      )
    })
  })

  describe('sessions and tokens', () => {
    it('rotate a refresh token for exactly one of several callers', async () => {
      const ann = await user()
      const store = new SessionStore(db)
      const session = aSession(ann.id)
      await store.insert(session)
      const rotate = (hash: string) =>
        store.rotate(session.id, session.refresh_hash, { refresh_hash: hash, used_at: LATER, expires_at: LATER })
      const done = await Promise.all(['a', 'b', 'c', 'd'].map(rotate))
      expect(done.filter(Boolean)).toHaveLength(1)
      expect(await store.revoke(session.id, LATER)).toBe(true)
      expect(await store.revoke(session.id, LATER)).toBe(false)
      expect(await store.open(ann.id, AT)).toEqual([])
      await store.forget(ann.id, '2027-01-01T00:00:00.000Z')
      expect(await store.find(session.id)).toBeNull()
    })

    it('remove a token for its owner only', async () => {
      const [ann, bob] = [await user(), await user()]
      const store = new TokenStore(db)
      const token = aToken(ann.id)
      await store.insert(token)
      expect(await store.findByHash(token.hash)).toEqual(token)
      await store.used(token.id, LATER)
      expect((await store.ofUser(ann.id))[0]?.used_at).toBe(LATER)
      expect(await store.remove(token.id, bob.id)).toBe(false)
      expect(await store.remove(`${token.id}\0`, ann.id)).toBe(false)
      expect(await store.remove(token.id, ann.id)).toBe(true)
      expect(await store.findByHash(token.hash)).toBeNull()
    })
  })

  describe('set-up', () => {
    it('is done once, with all of its rows or none', async () => {
      const store = new SetupStore(db)
      expect(await store.isDone()).toBe(false)
      await store.setTokenHash('first')
      await store.setTokenHash('second')
      expect(await store.tokenHash()).toBe('second')
      const taken = await user()
      const rows = (username?: string) => {
        const [first, alpha] = [aUser(username ? { username } : {}), aTeam()]
        return { user: first, team: alpha, membership: { team_id: alpha.id, user_id: first.id, role: 'maintainer', created_at: AT } }
      }
      await expect(store.complete(rows(taken.username))).rejects.toSatisfy(isUniqueViolation)
      expect(await store.isDone()).toBe(false)
      const done = await Promise.all([store.complete(rows()), store.complete(rows()), store.complete(rows())])
      expect(done.filter(Boolean)).toHaveLength(1)
      expect(await store.isDone()).toBe(true)
    })
  })

  describe('ownership', () => {
    const id = (start: string) => start.padEnd(64, '0')

    it('finds by name, prefix and id only what is live and in the given teams', async () => {
      const store = new OwnershipStore(db)
      const [alpha, beta] = [await team(), await team()]
      const [web, other] = [aRow(alpha.id, { name: 'web' }), aRow(beta.id, { name: 'web' })]
      await store.insert(web)
      await store.insert(other)
      const both = { teamIds: [alpha.id, beta.id] }
      expect(await store.byName('container', 'web', both)).toEqual([])
      expect(await store.settle(web.uid, id('abcd1'), '5')).toBe(true)
      expect(await store.settle(other.uid, id('abcd2'), null)).toBe(true)
      expect((await store.byName('container', 'web', both)).map(({ uid }) => uid).sort()).toEqual([web.uid, other.uid].sort())
      expect(await store.byName('volume', 'web', both)).toEqual([])
      expect(await store.byName('container', 'web', { teamIds: [] })).toEqual([])
      expect((await store.byIdPrefix('container', 'abcd', both)).length).toBe(2)
      expect((await store.byIdPrefix('container', 'abcd', { teamIds: [alpha.id] })).map(({ uid }) => uid)).toEqual([web.uid])
      expect((await store.byIdPrefix('container', id('abcd1'), both)).map(({ uid }) => uid)).toEqual([web.uid])
      expect(await store.byIdPrefix('container', 'abce', both)).toEqual([])
      expect((await store.byEngineId('container', id('abcd2')))?.uid).toBe(other.uid)
      expect((await store.inTeams('container', { teamIds: [beta.id] })).map(({ uid }) => uid)).toEqual([other.uid])
      expect(await store.countInTeam(alpha.id)).toBe(1)
    })

    it('gives a name and an engine id once, and again when the object is gone', async () => {
      const store = new OwnershipStore(db)
      const alpha = await team()
      const first = aRow(alpha.id, { name: 'db', engine_id: id('beef1'), state: 'live' })
      await store.insert(first)
      await expect(store.insert(aRow(alpha.id, { name: 'db' }))).rejects.toSatisfy(isUniqueViolation)
      await expect(store.insert(aRow(alpha.id, { engine_id: id('beef1') }))).rejects.toSatisfy(isUniqueViolation)
      await store.insert(aRow(alpha.id, { name: 'db', kind: 'volume' }))
      await store.end(first.uid)
      const second = aRow(alpha.id, { name: 'db', engine_id: id('beef1'), state: 'live' })
      await store.insert(second)
      await expect(store.rename((await insertNamed(store, alpha.id, 'db2')).uid, 'db')).rejects.toSatisfy(isUniqueViolation)
      await store.end(second.uid)
      expect(await store.byUid(first.uid)).toMatchObject({ state: 'gone', holds_name: null })
      expect((await store.held()).map(({ uid }) => uid)).not.toContain(first.uid)
    })

    it('does not bring a row back that was given up', async () => {
      const store = new OwnershipStore(db)
      const row = aRow((await team()).id)
      await store.insert(row)
      await store.extendLease(row.uid, '2030-01-01T00:00:00.000Z')
      expect((await store.byUid(row.uid))?.lease_until).toBe('2030-01-01T00:00:00.000Z')
      await store.end(row.uid)
      expect(await store.settle(row.uid, id('dead1'), null)).toBe(false)
      expect((await store.byUid(row.uid))?.state).toBe('gone')
    })
  })

  describe('image references', () => {
    it('are one per team and name, and found by what they point to', async () => {
      const store = new ImageReferenceStore(db)
      const [alpha, beta] = [await team(), await team()]
      const first = anImage(alpha.id)
      await store.put(first)
      await store.put({ ...first, uid: randomUUID(), content_id: 'sha256:new', digest: 'sha256:d' })
      await store.put(anImage(beta.id))
      await store.put(anImage(LIBRARY))
      const visible = { teamIds: [alpha.id, LIBRARY] }
      const found = await store.byReference(first.reference, visible)
      expect(found.map(({ team_id }) => team_id).sort()).toEqual([alpha.id, LIBRARY].sort())
      expect(found.find(({ team_id }) => team_id === alpha.id)).toMatchObject({
        uid: first.uid,
        content_id: 'sha256:new',
        digest: 'sha256:d',
      })
      expect(await store.byContent('sha256:new', { teamIds: [beta.id] })).toEqual([])
      expect((await store.byContent('sha256:new', visible)).map(({ uid }) => uid)).toEqual([first.uid])
      expect((await store.byDigest('sha256:d', visible)).map(({ uid }) => uid)).toEqual([first.uid])
      expect((await store.inTeams(visible)).length).toBe(2)
      expect((await store.everything()).length).toBeGreaterThanOrEqual(3)
      await store.remove(first.uid)
      expect(await store.inTeams({ teamIds: [alpha.id] })).toEqual([])
      expect(await store.byReference(first.reference, { teamIds: [] })).toEqual([])
    })
  })

  describe('jobs', () => {
    it('end once, and take no progress afterwards', async () => {
      const store = new JobStore(db)
      const job = aJob((await team()).id)
      await store.insert(job)
      await store.progress(job.id, '{"half":true}')
      const ends = await Promise.all(
        (['succeeded', 'failed', 'canceled'] as const).map((state) => store.end(job.id, { state, ended_at: LATER })),
      )
      expect(ends.filter(Boolean)).toHaveLength(1)
      await store.progress(job.id, '{"late":true}')
      expect(await store.find(job.id)).toMatchObject({ progress: '{"half":true}', ended_at: LATER })
      expect(await store.ended([job.id, randomUUID()])).toEqual([job.id])
      expect(await store.ended([])).toEqual([])
    })

    it('are listed newest first, page by page, and by what is asked for', async () => {
      const store = new JobStore(db)
      const alpha = await team()
      const jobs = ['a', 'b', 'c'].map((id) => aJob(alpha.id, { id: `${alpha.id}-${id}`, created_at: id === 'c' ? LATER : AT, kind: id }))
      for (const job of jobs) await store.insert(job)
      const ids = async (query: object) => (await store.list({ teamIds: [alpha.id], limit: 10, ...query })).map(({ kind }) => kind)
      expect(await ids({})).toEqual(['c', 'b', 'a'])
      expect(await ids({ limit: 2 })).toEqual(['c', 'b'])
      expect(await ids({ before: { createdAt: AT, id: `${alpha.id}-b` } })).toEqual(['a'])
      expect(await ids({ kind: 'b' })).toEqual(['b'])
      expect(await ids({ state: 'failed' })).toEqual([])
      expect(await ids({ teamIds: [] })).toEqual([])
    })

    it('are orphans when their process is no more', async () => {
      const store = new JobStore(db)
      const job = aJob((await team()).id, { process_id: 'gone' })
      await store.insert(job)
      expect((await store.orphans(['alive'])).map(({ id }) => id)).toContain(job.id)
      expect((await store.orphans(['gone'])).map(({ id }) => id)).not.toContain(job.id)
      expect((await store.orphans([])).map(({ id }) => id)).toContain(job.id)
      expect(store.exclusive).toBe(kind === 'embedded')
    })
  })

  describe('audit', () => {
    it('is numbered upwards and read newest first, by what is asked for', async () => {
      const store = new AuditStore(db, new ProcessStore(db))
      const requests = [randomUUID(), randomUUID(), randomUUID()]
      for (const request_id of requests) await store.append(aRecord({ request_id, operation: 'X', team: 'alpha' }))
      const read = await store.read({ limit: 2, operation: 'X' })
      expect(read.map(({ request_id }) => request_id)).toEqual([requests[2], requests[1]])
      expect(typeof read[0]!.seq).toBe('number')
      expect((await store.read({ limit: 9, operation: 'X', before: read[1]!.seq })).map(({ request_id }) => request_id)).toEqual([
        requests[0],
      ])
      expect(await store.read({ limit: 9, requestId: requests[1]!, principal: 'ann', team: 'alpha', phase: 'intent' })).toHaveLength(1)
      expect(await store.read({ limit: 9, requestId: requests[1]!, phase: 'outcome' })).toEqual([])
    })

    it('tells the unfinished intents of dead processes, never those of processes that run', async () => {
      const [here, there] = [new ProcessStore(db), new ProcessStore(db)]
      const [cut, done, running] = [randomUUID(), randomUUID(), randomUUID()]
      await new AuditStore(db, there).append(aRecord({ request_id: cut }))
      await new AuditStore(db, there).append(aRecord({ request_id: done }))
      await new AuditStore(db, there).append(aRecord({ request_id: done, phase: 'outcome' }))
      await new AuditStore(db, here).append(aRecord({ request_id: running }))
      const unfinished = async (...alive: string[]) =>
        (await new AuditStore(db, here).unfinished(alive))
          .map(({ request_id }) => request_id)
          .filter((id) => new Set<string>([cut, done, running]).has(id))
      expect(await unfinished(here.id)).toEqual([cut])
      expect(await unfinished(here.id, there.id)).toEqual([])
    })
  })
})

function aSession(userId: string): SessionsTable {
  const id = randomUUID()
  return {
    id,
    user_id: userId,
    refresh_hash: `h-${id}`,
    created_at: AT,
    used_at: AT,
    expires_at: '2026-06-01T00:00:00.000Z',
    revoked_at: null,
    address: '127.0.0.1',
    user_agent: '',
  }
}

function aToken(userId: string): TokensTable {
  const id = randomUUID()
  return {
    id,
    user_id: userId,
    name: 't',
    hash: `h-${id}`,
    prefix: 'b',
    permissions: '[]',
    team_id: null,
    created_at: AT,
    expires_at: LATER,
    used_at: null,
  }
}

function anImage(teamId: string) {
  return {
    uid: randomUUID(),
    team_id: teamId,
    reference: 'docker.io/library/x:1',
    content_id: 'sha256:a',
    digest: null,
    creator_id: null,
    created_at: AT,
  }
}

function aJob(teamId: string, change: Partial<JobsTable> = {}): JobsTable {
  return {
    id: randomUUID(),
    kind: 'pull',
    operation: 'ImageCreate',
    team_id: teamId,
    creator_id: 'c',
    state: 'running',
    subject: '{}',
    progress: '[]',
    result: null,
    error: null,
    request_id: 'r',
    process_id: 'p',
    created_at: AT,
    ended_at: null,
    ...change,
  }
}

function aRecord(change: Partial<NewAuditRecord> = {}): NewAuditRecord {
  return {
    at: AT,
    phase: 'intent',
    request_id: randomUUID(),
    operation: 'ContainerCreate',
    principal_id: null,
    principal_name: 'ann',
    credential: 'none',
    team: null,
    target_kind: 'team',
    target: null,
    as_admin: 0,
    result: 'ok',
    address: '127.0.0.1',
    ...change,
  }
}

async function insertNamed(store: OwnershipStore, teamId: string, name: string) {
  const row = aRow(teamId, { name })
  await store.insert(row)
  return row
}
