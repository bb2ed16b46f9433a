import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { RegistryAccess } from '../../src/common/registry-access.js'
import { bed } from '../support/bed.js'
import { engineCall } from '../support/engine-http.js'
import { startRegistry, type Registry } from '../support/registry.js'
import { scenario, type Actor, type Scenario, type Team } from '../support/scenario.js'
import { engineImages, jobOf, pull, until, type Job, type Pulled } from './support.js'

const CREDENTIALS = { username: 'writer', password: 'a password of the registry' }
const [CLOSED_PORT, OPEN_PORT] = [5011, 5012]

let s: Scenario
let alpha: Team
let ann: Actor
let bob: Actor
let closed: Registry
/** What the bed's own has, the engine mounts from there; here it must upload. */
let empty: Registry

const at = (ref: string) => `/images/${encodeURIComponent(ref)}`
const unique = (name: string, host = bed().registryHost) => `${host}/pushed/${name}-${randomBytes(4).toString('hex')}:1`

beforeAll(async () => {
  s = await scenario()
  alpha = await s.team('alpha')
  await s.team('beta')
  ann = await s.user('ann', { alpha: 'developer' })
  bob = await s.user('bob', { beta: 'developer' })
  closed = await startRegistry(bed().engine, { port: CLOSED_PORT, users: { [CREDENTIALS.username]: CREDENTIALS.password } })
  empty = await startRegistry(bed().engine, { port: OPEN_PORT })
})
afterAll(async () => {
  vi.restoreAllMocks()
  await Promise.all([closed.stop(), empty.stop()])
  await s.end()
})

async function push(actor: Actor, reference: string): Promise<Job> {
  return jobOf(actor, (await actor.ok<Job>('POST', '/images/push', { reference })).id)
}

/** A reference of the actor's team with content that nobody else has. */
async function own(actor: Actor, target: string, files: Record<string, Buffer>[] = [{ a: randomBytes(8) }]): Promise<Pulled> {
  const pulled = await pull(actor, await bed().uniqueImage({ files }))
  await actor.ok('POST', '/images/tag', { source: pulled.reference, target })
  return pulled
}

const publicNames = async (id: string): Promise<string[]> => {
  const image = (await engineImages()).find((each) => each.Id === id)
  return [...(image?.RepoTags ?? []), ...(image?.RepoDigests ?? [])].filter((name) => !name.startsWith('berth.invalid/'))
}

describe('images.push', () => {
  it('answers a job with a step for each layer and the digest that the registry has now', async () => {
    const target = unique('app', empty.host)
    const { id } = await own(ann, target, [{ a: randomBytes(8) }, { b: randomBytes(8) }])
    const answer = await ann.http.post('/images/push').send({ reference: target }).expect(202)
    expect(answer.body).toMatchObject({ kind: 'images.push', operation: 'ImagePush', team: alpha.name, subject: { reference: target } })
    const job = await jobOf(ann, answer.body.id)
    const digest = await digestAt(empty, target)
    expect(job).toMatchObject({ state: 'succeeded', result: { reference: target, id, digest } })
    expect(job.steps.filter((step) => /^[0-9a-f]{12}$/.test(step.id)).map((step) => step.status)).toEqual(['done', 'done'])
    expect(await ann.ok('GET', at(target))).toMatchObject({
      id,
      digests: expect.arrayContaining([`${target.replace(/:1$/, '')}@${digest}`]),
    })
  })

  it('leaves no public reference on the engine', async () => {
    const target = unique('clean')
    const { id } = await own(ann, target)
    expect(await push(ann, target)).toMatchObject({ state: 'succeeded' })
    expect(await publicNames(id)).toEqual([])
  })

  it('says of layers that the registry has that they exist, and of which repository it has them nothing', async () => {
    const shared = randomBytes(2 << 20)
    const secret = `${bed().registryHost}/secret/${randomBytes(4).toString('hex')}:1`
    await own(bob, secret, [{ shared }])
    await push(bob, secret)
    const target = unique('sharing')
    await own(ann, target, [{ shared }, { c: randomBytes(8) }])
    const job = await push(ann, target)
    expect(job.state).toBe('succeeded')
    expect(JSON.stringify(job)).not.toContain('secret')
    expect((await push(ann, target)).steps.filter((step) => step.status === 'exists')).toHaveLength(2)
  })

  it('puts back what the operator has under the name', async () => {
    const target = unique('operators')
    const [repo] = target.split(/:1$/)
    const { id } = await own(ann, target)
    await engineCall(bed().socketPath, 'POST', `/images/berth.test/busybox:1/tag?repo=${repo}&tag=1`)
    try {
      const pushed = await push(ann, target)
      expect(pushed).toMatchObject({ state: 'succeeded', result: { id } })
      expect(await publicNames(id)).toEqual([])
      expect((await engineImages()).find((image) => image.RepoTags?.includes(target))?.RepoTags).toContain('berth.test/busybox:1')
    } finally {
      await engineCall(bed().socketPath, 'DELETE', `/images/${target}`)
    }
  })

  it('pushes the content of each team where two push one reference at once', async () => {
    const target = unique('both')
    const [mine, theirs] = [await own(ann, target, [{ r: randomBytes(3 << 20) }]), await own(bob, target, [{ r: randomBytes(3 << 20) }])]
    const [first, second] = await Promise.all([push(ann, target), push(bob, target)])
    expect(first).toMatchObject({ state: 'succeeded', result: { id: mine.id } })
    expect(second).toMatchObject({ state: 'succeeded', result: { id: theirs.id } })
    expect(first.result?.['digest']).not.toBe(second.result?.['digest'])
    expect([first.result?.['digest'], second.result?.['digest']]).toContain(await digestAt(bed().registry, target))
    expect([...(await publicNames(mine.id)), ...(await publicNames(theirs.id))]).toEqual([])
  })

  it('shows the credentials of the team to the registry that they are for, and no others', async () => {
    const asked: string[] = []
    const access = s.gateway.app.get(RegistryAccess, { strict: false })
    vi.spyOn(access, 'credentialFor').mockImplementation((teamId, registry) => {
      asked.push(`${teamId} ${registry}`)
      return Promise.resolve(teamId === alpha.id && registry === closed.host ? { ...CREDENTIALS, serverAddress: registry } : null)
    })
    const target = `${closed.host}/team/app:1`
    await own(ann, target)
    await own(bob, target)
    expect(await push(ann, target)).toMatchObject({ state: 'succeeded', error: null })
    expect(await push(bob, target)).toMatchObject({
      state: 'failed',
      error: { code: 'push_failed', detail: expect.stringMatching(/credentials/) },
    })
    expect(asked).toContain(`${alpha.id} ${closed.host}`)
    // pulled back with them, and not without
    await ann.ok('DELETE', at(target))
    expect(await pull(ann, target)).toMatchObject({ reference: target })
    const denied = await jobOf(bob, (await bob.ok<Job>('POST', '/images/pull', { reference: target })).id)
    expect(denied).toMatchObject({ state: 'failed', error: { code: 'pull_failed' } })
    vi.restoreAllMocks()
  })

  it('ends on the engine when it is canceled', async () => {
    const target = unique('canceled', empty.host)
    const { id } = await own(
      ann,
      target,
      [1, 9, 18].map((mb) => ({ [`r${mb}`]: randomBytes(mb << 20) })),
    )
    const job = await ann.ok<Job>('POST', '/images/push', { reference: target })
    await until(async () => (await ann.ok<Job>('GET', `/jobs/${job.id}`)).steps.some((step) => step.status === 'pushing'))
    expect(await ann.ok('DELETE', `/jobs/${job.id}`)).toMatchObject({ state: 'canceled' })
    expect(await publicNames(id)).toEqual([])
    expect(await ann.ok('GET', at(target))).toMatchObject({ id })
  })
})

describe('a push that fails', () => {
  it('says why, and no more', async () => {
    const target = '127.0.0.1:5999/x:1'
    const { id } = await own(ann, target)
    const job = await push(ann, target)
    expect(job).toMatchObject({ state: 'failed', result: null, error: { code: 'push_failed', status: 422 } })
    expect(job.error?.detail).toMatch(/can not be reached/)
    expect(job.error?.detail).not.toMatch(/dial|tcp|refused|127/)
    expect(await publicNames(id)).toEqual([])
  })

  it.each([
    ['what the team does not have', () => unique('nothing'), 404, 'not_found'],
    ['a digest', () => `${bed().registryHost}/x@sha256:${'a'.repeat(64)}`, 400, 'invalid_request'],
    ['no reference', () => '../x', 400, 'invalid_reference'],
    ['our own tags', () => `berth.invalid/${alpha.id}/${'a'.repeat(64)}:h`, 400, 'invalid_reference'],
  ])('is refused before it starts for %s', async (_, reference, status, code) => {
    expect(await ann.fails('POST', '/images/push', { reference: reference() })).toMatchObject({ status, code })
  })

  it('is refused for what another team has under the reference', async () => {
    const target = unique('foreign')
    await own(ann, target)
    expect(await bob.fails('POST', '/images/push', { reference: target })).toMatchObject({ status: 404, code: 'not_found' })
  })

  it('is refused with another registry than that of the reference', async () => {
    const problem = await ann.fails('POST', '/images/push', { reference: unique('x'), registry: 'elsewhere:5000' })
    expect(problem).toMatchObject({ status: 400, errors: [{ pointer: '/registry' }] })
  })

  it('is denied to a viewer', async () => {
    const vic = await s.user('vic', { alpha: 'viewer' })
    expect(await vic.fails('POST', '/images/push', { reference: 'x:1' })).toMatchObject({ status: 403, code: 'permission_denied' })
  })
})

async function digestAt(registry: Registry, reference: string): Promise<string> {
  const [, name, tag] = /^[^/]+\/(.+):([^:]+)$/.exec(reference) ?? []
  const accept = 'application/vnd.docker.distribution.manifest.v2+json'
  const { headers } = await registry.call('HEAD', `/v2/${name}/manifests/${tag}`, undefined, { accept })
  return String(headers['docker-content-digest'])
}
