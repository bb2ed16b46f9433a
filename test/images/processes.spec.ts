import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type Gateway } from '../support/app.js'
import { bed } from '../support/bed.js'
import { Postgres } from '../support/postgres.js'
import { Actor, scenario, type Scenario } from '../support/scenario.js'
import { engineImages, isOnEngine, jobOf, pull, until, type Job } from './support.js'

/** Two gateway processes' worth on one database and one engine. */
let postgres: Postgres
let other: Gateway
let s: Scenario
let here: Actor
let there: Actor

beforeAll(async () => {
  postgres = await Postgres.start()
  const databaseUrl = await postgres.database('images')
  const first = await startGateway({ databaseUrl })
  other = await startGateway({ databaseUrl })
  s = await scenario(first)
  await s.team('alpha')
  here = await s.user('ann', { alpha: 'developer' })
  there = new Actor(other, { username: here.username, userId: here.userId, accessToken: here.accessToken })
})
afterAll(async () => {
  await s.end()
  await other.stop()
  await s.gateway.stop()
  await postgres.stop()
})

describe('two gateway processes', () => {
  it('pull one image for one team at once', async () => {
    const reference = await bed().uniqueImage({ files: [{ r: randomBytes(4 << 20) }] })
    const all = await Promise.all([pull(here, reference), pull(there, reference), pull(here, reference), pull(there, reference)])
    expect(new Set(all.map((each) => each.id)).size).toBe(1)
    const image = (await engineImages()).find((each) => each.Id === all[0].id)
    expect(image?.RepoTags).toEqual([expect.stringMatching(/^berth\.invalid\//)])
    expect(image?.RepoDigests).toEqual([])
  })

  it('see, watch and cancel each other their jobs', async () => {
    const reference = await bed().uniqueImage({ files: [6, 14].map((mb) => ({ [`r${mb}`]: randomBytes(mb << 20) })) })
    const { id } = await here.ok<Job>('POST', '/images/pull', { reference })
    expect(await there.ok('GET', `/jobs/${id}`)).toMatchObject({ id, state: 'running', createdBy: here.username })
    expect(await there.ok('DELETE', `/jobs/${id}`)).toMatchObject({ id, state: 'canceled' })
    expect(await there.fails('DELETE', `/jobs/${id}`)).toMatchObject({ code: 'job_ended' })
    await until(async () => (await here.ok<Job>('GET', `/jobs/${id}`)).state !== 'running')
    expect(await jobOf(here, id)).toMatchObject({ state: 'canceled', result: null })
    expect(await isOnEngine(reference)).toBe(false)
    expect(await here.fails('GET', `/images/${encodeURIComponent(reference)}`)).toMatchObject({ code: 'not_found' })
  })
})
