import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bed } from '../support/bed.js'
import { engineJson } from '../support/engine-http.js'
import {
  runContainer,
  scenario,
  withCmd,
  withEnv,
  withImage,
  withName,
  type Actor,
  type Made,
  type Scenario,
  type Team,
} from '../support/scenario.js'
import { engineImages, type Job, jobOf, until } from './support.js'

interface Image {
  readonly id: string
  readonly author: string
  readonly config: {
    readonly cmd: string[]
    readonly env: { name: string; value: string }[]
    readonly labels: Record<string, string>
    workingDir: string
  }
}

let s: Scenario
let alpha: Team
let ann: Actor
let bob: Actor

beforeAll(async () => {
  s = await scenario()
  alpha = await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  bob = await s.user('bob', { beta: 'developer' })
})
afterAll(() => s.end())

const image = (actor: Actor, ref: string) => actor.ok<Image>('GET', `/images/${encodeURIComponent(ref)}`)
const commit = async (actor: Actor, container: Made, body: object) =>
  jobOf(actor, (await actor.ok<Job>('POST', `/containers/${container.id}/commit`, body)).id)

/** A container in which something was done that its image does not have. */
async function changed(actor: Actor, content: string): Promise<Made> {
  const container = await runContainer(
    actor,
    withCmd('sh', '-c', `echo ${content} > /made && sleep 300`),
    withEnv({ TOKEN: 'of the container' }),
  )
  await until(async () => (await actor.http.get(`/containers/${container.id}/changes`)).text.includes('/made'))
  return container
}

describe('containers.commit', () => {
  it('makes an image of what the container has become', async () => {
    const container = await changed(ann, 'hello')
    const body = {
      reference: 'committed:1',
      message: 'installed a tool',
      author: 'Ann <ann@example.org>',
      changes: ['CMD ["cat", "/made"]', 'WORKDIR /srv', 'LABEL kind=committed'],
    }
    const answer = await ann.http.post(`/containers/${container.name}/commit`).send(body).expect(202)
    expect(answer.body).toMatchObject({
      kind: 'images.commit',
      operation: 'ImageCommit',
      team: alpha.name,
      subject: { container: container.name, reference: 'committed:1' },
    })
    const job = await jobOf(ann, answer.body.id)
    expect(job).toMatchObject({ state: 'succeeded', result: { reference: 'committed:1' } })
    const made = await image(ann, 'committed:1')
    expect(made).toMatchObject({ id: job.result!['id'], author: 'Ann <ann@example.org>' })
    expect(made.config).toMatchObject({ cmd: ['cat', '/made'], workingDir: '/srv', labels: { kind: 'committed' } })
    expect(await ann.ok('GET', '/images/committed:1/history')).toMatchObject({ items: [{ comment: 'installed a tool' }, {}] })
    const run = await runContainer(ann, withImage('committed:1'), withCmd('cat', '/made'))
    await until(async () => (await ann.http.get(`/containers/${run.id}/logs`)).text.includes('hello'))
  })

  it('passes nothing on that says whose the container was', async () => {
    const container = await changed(ann, 'x')
    await commit(ann, container, { reference: 'labels:1' })
    const { Config } = await engineJson<{ Config: { Labels: Record<string, string> } }>(
      bed().socketPath,
      'GET',
      `/images/${(await image(ann, 'labels:1')).id}/json`,
    )
    const ours = Object.entries(Config.Labels).filter(([key]) => key.startsWith('berth.'))
    expect(ours.length).toBeGreaterThan(0)
    expect(ours.every(([, value]) => value === '')).toBe(true)
    expect((await image(ann, 'labels:1')).config.labels).toEqual({})
  })

  it('leaves nothing on the engine but the image under a holding tag', async () => {
    const { result } = await commit(ann, await changed(ann, 'y'), { reference: 'held:1' })
    const made = (await engineImages()).find(({ Id }) => Id === result!['id'])
    expect(made?.RepoTags).toEqual([expect.stringMatching(new RegExp(`^berth\\.invalid/${alpha.id}/[0-9a-f]{64}:h$`))])
  })

  it('does not pause the container where that is not wanted, and the container goes on in any case', async () => {
    const container = await changed(ann, 'z')
    for (const pause of [true, false])
      expect(await commit(ann, container, { reference: 'paused:1', pause })).toMatchObject({ state: 'succeeded' })
    expect(await ann.ok('GET', `/containers/${container.id}`)).toMatchObject({ state: { status: 'running' } })
  })

  it('gives two teams different content under one name', async () => {
    const [mine, theirs] = [
      await commit(ann, await changed(ann, 'ann'), { reference: 'app:latest' }),
      await commit(bob, await changed(bob, 'bob'), { reference: 'app:latest' }),
    ]
    expect(await image(ann, 'app:latest')).toMatchObject({ id: mine.result!['id'] })
    expect(await image(bob, 'app:latest')).toMatchObject({ id: theirs.result!['id'] })
    expect(mine.result!['id']).not.toBe(theirs.result!['id'])
  })

  it.each([
    [{ reference: 'x@sha256:' + 'a'.repeat(64) }, '/reference'],
    [{ reference: 'x', changes: ['CMD a', 'RUN id'] }, '/changes/1'],
    [{ reference: 'x', changes: ['LABEL berth.uid=x'] }, '/changes/0'],
    [{ reference: 'x', config: { Labels: {} } }, '/config'],
    [{}, '/reference'],
  ])('is refused with %j', async (body, pointer) => {
    const container = await runContainer(ann)
    expect(await ann.fails('POST', `/containers/${container.id}/commit`, body)).toMatchObject({ status: 400, errors: [{ pointer }] })
    await ann.ok('DELETE', `/containers/${container.id}?force=true`)
  })

  it('is not for containers of another team, nor for viewers', async () => {
    const container = await runContainer(ann, withName('private'))
    const foreign = await bob.fails('POST', `/containers/${container.id}/commit`, { reference: 'stolen:1' })
    const missing = await bob.fails('POST', `/containers/${'0'.repeat(64)}/commit`, { reference: 'stolen:1' })
    expect({ ...foreign, requestId: '' }).toEqual({ ...missing, requestId: '' })
    const vic = await s.user('vic', { alpha: 'viewer' })
    expect(await vic.fails('POST', `/containers/${container.id}/commit`, { reference: 'x' })).toMatchObject({ status: 403 })
  })
})
