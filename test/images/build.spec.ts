import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gzipSync } from 'node:zlib'
import { tarFolder, tarOf } from '../../scripts/tar.js'
import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bed } from '../support/bed.js'
import { engineCall, engineJson } from '../support/engine-http.js'
import { BASE_IMAGE, runContainer, scenario, withCmd, withImage, type Actor, type Scenario, type Team } from '../support/scenario.js'
import { engineImages, type Job, jobOf, pull, sent, stepsOf, until } from './support.js'

interface Image {
  readonly id: string
  readonly labels?: Record<string, string>
  readonly config: { readonly labels: Record<string, string>; readonly env: { name: string; value: string | null }[] }
  readonly layers: string[]
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

type Files = Record<string, string | Buffer>
const parameters = (query: Record<string, string>) => new URLSearchParams(query).toString()
const build = (actor: Actor, dockerfile: string, query: Record<string, string> = {}, files: Files = {}) =>
  sent(actor, `/images/build?${parameters({ reference: 'app:latest', ...query })}`, tarOf({ Dockerfile: dockerfile, ...files }))
const at = (ref: string) => `/images/${encodeURIComponent(ref)}`
const image = (actor: Actor, ref = 'app:latest') => actor.ok<Image>('GET', at(ref))

/** What the container of an image prints. */
async function prints(actor: Actor, ref: string, ...command: string[]): Promise<string> {
  const { id } = await runContainer(actor, withImage(ref), withCmd(...command))
  await until(async () => (await actor.ok<{ state: { status: string } }>('GET', `/containers/${id}`)).state.status === 'exited')
  const { text } = await actor.http.get(`/containers/${id}/logs`)
  await actor.ok('DELETE', `/containers/${id}`)
  return text
}

/** Content on the engine that nobody has a name for. */
const unnamed = async () => (await engineImages()).filter((each) => each.RepoTags!.length === 0).map((each) => each.Id)
const buildContainers = async () =>
  (await engineJson<{ Id: string; Labels: Record<string, string> }[]>(bed().socketPath, 'GET', '/containers/json?all=true')).filter(
    ({ Labels }) => !('berth.uid' in Labels),
  )

describe('images.build', () => {
  it('builds a context, and shows each step with what it prints', async () => {
    const dockerfile = `# my app\nFROM ${BASE_IMAGE}\nCOPY greeting /etc/\nRUN cat /etc/greeting \\\n  && echo done\nCMD ["cat", "/etc/greeting"]\n`
    const answer = await ann.http
      .post('/images/build?reference=app:latest')
      .set('content-type', 'application/x-tar')
      .send(tarOf({ Dockerfile: dockerfile, greeting: 'hello\n' }))
      .expect(202)
    expect(answer.body).toMatchObject({
      kind: 'images.build',
      operation: 'ImageBuild',
      team: alpha.name,
      subject: { reference: 'app:latest' },
    })
    const job = await jobOf(ann, answer.body.id)
    expect(job).toMatchObject({ state: 'succeeded', result: { reference: 'app:latest', id: expect.stringMatching(/^sha256:/) } })
    expect(stepsOf(job)).toEqual({
      upload: 'done',
      'step 1': `done FROM ${BASE_IMAGE}`,
      'step 2': 'done COPY greeting /etc/',
      'step 3': 'done RUN cat /etc/greeting   && echo done',
      'step 3 output': 'output hello\ndone',
      'step 4': 'done CMD ["cat", "/etc/greeting"]',
    })
    expect(await prints(ann, 'app:latest', 'cat', '/etc/greeting')).toContain('hello')
  })

  it('leaves nothing on the engine but the image under a holding tag', async () => {
    const job = await build(ann, `FROM ${BASE_IMAGE} AS one\nRUN echo 1 > /1\nFROM ${BASE_IMAGE}\nRUN echo 2 > /2\nCOPY --from=one /1 /1`)
    const made = (await engineImages()).find(({ Id }) => Id === job.result!['id'])
    expect(made?.RepoTags).toEqual([expect.stringMatching(new RegExp(`^berth\\.invalid/${alpha.id}/[0-9a-f]{64}:h$`))])
    // parents of the image are all that has no name
    const [ancestors, all] = [await ancestorsOf(job.result!['id'] as string), await unnamed()]
    expect(all.filter((id) => !ancestors.has(id))).toEqual([])
    // the engine finishes alone
    await until(async () => (await buildContainers()).length === 0)
    await ann.ok('DELETE', at('app:latest'))
    expect(await unnamed()).toEqual([])
  })

  it.each([
    ['a Dockerfile elsewhere', { dockerfile: './docker/Dockerfile.prod' }, { 'docker/Dockerfile.prod': `FROM ${BASE_IMAGE}\nCOPY a /a` }],
    ['a Dockerfile that .dockerignore hides', {}, { '.dockerignore': '*\nDockerfile\n!a', Dockerfile: `FROM ${BASE_IMAGE}\nCOPY a /a` }],
  ])('takes %s', async (_, query, files) => {
    const job = await sent(ann, `/images/build?${parameters({ reference: 'app:latest', ...query })}`, tarOf({ a: 'x', ...files }))
    expect(job).toMatchObject({ state: 'succeeded', error: null })
  })

  it('takes a context compressed by gzip', async () => {
    const body = gzipSync(tarOf({ Dockerfile: `FROM ${BASE_IMAGE}\nCOPY a /a`, a: 'x' }))
    expect(await sent(ann, '/images/build?reference=app:latest', body, 'application/gzip')).toMatchObject({ state: 'succeeded' })
  })

  it('copies nothing into the image that the client has not sent', async () => {
    await build(ann, `FROM ${BASE_IMAGE}\nCOPY . /all/`, {}, { '.dockerignore': 'x', a: '1' })
    expect(await prints(ann, 'app:latest', 'ls', '-A', '/all')).toMatch(/^(Dockerfile\s+a|a\s+Dockerfile)\s*$/)
  })

  it('takes args, target and labels', async () => {
    const dockerfile = `ARG TAG\nFROM ${BASE_IMAGE.replace(/:.*/, '')}:\${TAG} AS first\nARG NAME\nRUN echo $NAME > /name\nFROM first AS second\nRUN false`
    const query = {
      target: 'first',
      buildArgs: JSON.stringify({ TAG: '1', NAME: 'annabel' }),
      labels: JSON.stringify({ stage: 'one', 'with space': 'a "b" $c' }),
    }
    const refused = await ann.fails('POST', `/images/build?${parameters({ reference: 'app:latest', ...query })}`)
    expect(refused).toMatchObject({ status: 400, errors: [{ pointer: '/query/labels' }] })
    const labels = JSON.stringify({ stage: 'one', quoted: 'a "b" $c' })
    expect(await build(ann, dockerfile, { ...query, labels })).toMatchObject({ state: 'succeeded', error: null })
    expect((await image(ann)).config.labels).toEqual({ stage: 'one', quoted: 'a "b" $c' })
    expect(await prints(ann, 'app:latest', 'cat', '/name')).toContain('annabel')
  })

  it('shows the value of an argument nowhere to those who may not read env values', async () => {
    const vic = await s.user('vic', { alpha: 'viewer' })
    const query = { buildArgs: JSON.stringify({ SECRET: 'hush-hush' }) }
    const job = await build(ann, `FROM ${BASE_IMAGE}\nARG SECRET\nENV TOKEN=$SECRET\nRUN echo $SECRET`, query)
    expect(job).toMatchObject({ state: 'succeeded', error: null })
    const seen = [
      await vic.ok('GET', `/jobs/${job.id}`),
      await vic.ok('GET', at('app:latest')),
      await vic.ok('GET', `${at('app:latest')}/history`),
      await vic.ok('GET', `${at('app:latest')}/layers`),
    ]
    expect(JSON.stringify(seen)).not.toContain('hush-hush')
    expect(JSON.stringify(await ann.ok('GET', `${at('app:latest')}/history`))).toContain('hush-hush')
  })

  it('uses steps of the own images again, and not with noCache', async () => {
    const dockerfile = `FROM ${BASE_IMAGE}\nRUN cat /proc/sys/kernel/random/uuid > /once`
    const first = await build(ann, dockerfile, { reference: 'cached:1' })
    const again = await build(ann, dockerfile, { reference: 'cached:2' })
    expect(again.result!['id']).toBe(first.result!['id'])
    expect(stepsOf(again)['step 2']).toMatch(/^cached/)
    const anew = await build(ann, dockerfile, { reference: 'cached:3', noCache: 'true' })
    expect(anew.result!['id']).not.toBe(first.result!['id'])
    const named = await build(ann, dockerfile, { reference: 'cached:4', cacheFrom: 'cached:1' })
    expect(named.result!['id']).toBe(first.result!['id'])
  })

  it('never uses steps of another team', async () => {
    const dockerfile = `FROM ${BASE_IMAGE}\nRUN cat /proc/sys/kernel/random/uuid > /secret-of-a-team`
    const mine = await build(ann, dockerfile, { reference: 'theirs:1' })
    const theirs = await build(bob, dockerfile, { reference: 'theirs:1' })
    expect(theirs).toMatchObject({ state: 'succeeded' })
    expect(stepsOf(theirs)['step 2']).toMatch(/^done/)
    expect((await image(bob, 'theirs:1')).layers.at(-1)).not.toBe((await image(ann, 'theirs:1')).layers.at(-1))
    const named = await build(bob, dockerfile, { cacheFrom: mine.result!['id'] as string })
    expect(named).toMatchObject({ state: 'failed', error: { code: 'invalid_request', errors: [{ pointer: '/query/cacheFrom' }] } })
  })

  it('pulls a base that the team does not have, and a newer one where that is asked for', async () => {
    const name = `base-${randomBytes(4).toString('hex')}`
    const reference = await bed().uniqueImage({ name, files: [{ one: '1' }] })
    const first = await build(ann, `FROM ${reference}\nLABEL x=1`)
    expect(first).toMatchObject({ state: 'succeeded', error: null })
    await bed().uniqueImage({ name, files: [{ two: '2' }] })
    const same = await build(ann, `FROM ${reference}\nLABEL x=1`, { noCache: 'true' })
    expect((await image(ann)).layers).toHaveLength(1)
    expect(same.state).toBe('succeeded')
    const [before] = (await image(ann)).layers
    await build(ann, `FROM ${reference}\nLABEL x=1`, { pull: 'true' })
    expect((await image(ann)).layers[0]).not.toBe(before)
  })

  it('has the limits and the network that were asked for', async () => {
    const seen = 'cat /sys/fs/cgroup/memory/memory.limit_in_bytes; cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us; ls /sys/class/net'
    const job = await build(ann, `FROM ${BASE_IMAGE}\nRUN ${seen}`, { memory: '67108864', cpus: '0.5', network: 'none', noCache: 'true' })
    expect(stepsOf(job)['step 2 output']).toBe('output 67108864\n50000\nlo')
    const net = await build(ann, `FROM ${BASE_IMAGE}\nRUN ip -4 addr show eth0`, { noCache: 'true' })
    expect(stepsOf(net)['step 2 output']).toMatch(/inet 10\.201\./)
  })

  it('ends on the engine when it is canceled, and leaves nothing', async () => {
    const before = new Set(await unnamed())
    const body = tarOf({ Dockerfile: `FROM ${BASE_IMAGE}\nRUN echo made > /made\nRUN sleep 300` })
    const job = await ann.http.post('/images/build?reference=canceled:1').set('content-type', 'application/x-tar').send(body)
    await until(async () => stepsOf(await ann.ok<Job>('GET', `/jobs/${job.body.id}`))['step 3'] !== undefined)
    expect(await ann.ok('DELETE', `/jobs/${job.body.id}`)).toMatchObject({ state: 'canceled' })
    await until(async () => (await buildContainers()).length === 0)
    await until(async () => (await unnamed()).every((id) => before.has(id)))
    expect(await ann.fails('GET', at('canceled:1'))).toMatchObject({ code: 'not_found' })
  })
})

describe('what a build has made, and nobody has named', () => {
  const beside = async (dockerfile: string): Promise<string> => {
    const answer = await engineCall(bed().socketPath, 'POST', '/build?nocache=true', tarOf({ Dockerfile: dockerfile, a: randomBytes(8) }))
    return /"aux":\{"ID":"(sha256:[0-9a-f]{64})"/.exec(answer.body)![1]!
  }

  it('goes with the next build, where it was ours', async () => {
    const { socketPath } = bed()
    const job = await build(ann, 'FROM scratch\nCOPY Dockerfile /d', { reference: 'named:1' })
    const inspect = (id: string) =>
      engineJson<{ Parent: string; Config: { Labels: Record<string, string> } }>(socketPath, 'GET', `/images/${id}/json`)
    const mark = (await inspect((await inspect(job.result!['id'] as string)).Parent)).Config.Labels['berth.build']
    // as it is when the gateway is killed between the end of a build and the name
    const ours = await beside(`FROM scratch\nLABEL berth.build=${mark}\nCOPY a /a\nLABEL berth.build=""`)
    const operators = await beside('FROM scratch\nCOPY a /a\nLABEL berth.build=""')
    expect(await unnamed()).toEqual(expect.arrayContaining([ours, operators]))
    await build(ann, 'FROM scratch\nCOPY Dockerfile /e', { reference: 'named:1' })
    const left = await unnamed()
    expect([left.includes(ours), left.includes(operators)]).toEqual([false, true])
    await engineJson(socketPath, 'DELETE', `/images/${operators}`)
    await ann.ok('DELETE', at('named:1'))
  })
})

describe('a build that fails', () => {
  it('says at which step, and how, and leaves nothing', async () => {
    const before = new Set(await unnamed())
    const job = await build(ann, `FROM ${BASE_IMAGE}\nRUN echo x > /x\nRUN echo why >&2; exit 3`, { reference: 'failed:1' })
    expect(job).toMatchObject({ state: 'failed', result: null, error: { code: 'build_failed' } })
    expect(job.error?.detail).toBe('the image could not be built: RUN echo why >&2; exit 3 ended with exit code 3')
    expect(stepsOf(job)).toMatchObject({
      'step 2': 'done RUN echo x > /x',
      'step 3': 'failed RUN echo why >&2; exit 3',
      'step 3 output': 'output why',
    })
    expect((await unnamed()).filter((id) => !before.has(id))).toEqual([])
    expect(await ann.fails('GET', at('failed:1'))).toMatchObject({ code: 'not_found' })
  })

  it('keeps what the reference was', async () => {
    const { result } = await build(ann, `FROM ${BASE_IMAGE}\nLABEL kept=1`, { reference: 'kept:1' })
    expect(await build(ann, `FROM ${BASE_IMAGE}\nRUN false`, { reference: 'kept:1' })).toMatchObject({ state: 'failed' })
    expect(await image(ann, 'kept:1')).toMatchObject({ id: result!['id'] })
  })

  it.each([
    [
      'a copy of what is not in the context',
      `FROM ${BASE_IMAGE}\nCOPY nothing /x`,
      'build_failed',
      /a source is not in the context \(COPY nothing/,
    ],
    ['an address', `FROM ${BASE_IMAGE}\nADD http://127.0.0.1:5000/v2/ /x`, 'invalid_dockerfile', /line 2: ADD of an address/],
    ['another frontend', `# syntax=docker/dockerfile:1\nFROM ${BASE_IMAGE}`, 'invalid_dockerfile', /line 1/],
    ['a mount of BuildKit', `FROM ${BASE_IMAGE}\nRUN --mount=type=secret,id=x cat /x`, 'invalid_dockerfile', /--mount/],
    ['the kernel as working directory', `FROM ${BASE_IMAGE}\nWORKDIR /proc/self/fd/8\nRUN id`, 'invalid_dockerfile', /WORKDIR/],
    ['our labels', `FROM ${BASE_IMAGE}\nLABEL berth.uid=1`, 'invalid_dockerfile', /reserved/],
    ['our labels by a variable', `FROM ${BASE_IMAGE}\nARG K=berth\nLABEL $K.uid=1`, 'build_failed', /berth\.uid/],
    ['no stage of that name', `FROM ${BASE_IMAGE} AS x`, 'invalid_request', /stage/, { target: 'y' }],
    ['an image that nobody has', 'FROM 127.0.0.1:5000/no/such:1', 'pull_failed', /no such image/],
    ['nothing', '# only a comment', 'invalid_dockerfile', /no FROM/],
  ] as [string, string, string, RegExp, Record<string, string>?][])('says so for %s', async (_, dockerfile, code, reason, query = {}) => {
    const job = await build(ann, dockerfile, { reference: 'failing:1', noCache: 'true', ...query })
    expect(job).toMatchObject({ state: 'failed', error: { code } })
    expect(job.error?.detail).toMatch(reason)
    expect(await ann.fails('GET', at('failing:1'))).toMatchObject({ code: 'not_found' })
  })

  it.each([
    ['no Dockerfile', () => tarOf({ a: 'x' }), 'invalid_dockerfile', /the context has none at Dockerfile/],
    ['a link for a Dockerfile', () => linkedDockerfile(), 'invalid_dockerfile', /it is a link/],
    ['nothing in it', () => Buffer.alloc(10_240), 'archive_refused', /it is empty/],
    ['what is no tar', () => Buffer.from('FROM busybox'), 'archive_refused', /no tar/],
    [
      'half a tar',
      () => tarOf({ Dockerfile: `FROM ${BASE_IMAGE}`, a: randomBytes(5_000) }).subarray(0, 3_000),
      'archive_refused',
      /within an entry/,
    ],
  ] as const)('says so for a context with %s', async (_, body, code, reason) => {
    const job = await sent(ann, '/images/build?reference=failing:1', body())
    expect(job).toMatchObject({ state: 'failed', error: { code } })
    expect(job.error?.detail).toMatch(reason)
  })

  it.each([
    ['', 400],
    ['reference=app@sha256:1', 400],
    ['reference=a&network=host', 400],
    ['reference=a&remote=https://x/y.git', 400],
    ['reference=a&buildArgs=x', 400],
    ['reference=a&memory=1', 400],
    ['reference=a&noCache=true&cacheFrom=b', 400],
    ['reference=a&extraHosts=x:1', 400],
    ['reference=berth.invalid/x:h', 400],
    ['reference=a&team=nobody', 404],
  ])('is refused before it starts with ?%s', async (query, status) => {
    expect(await ann.fails('POST', `/images/build?${query}`)).toMatchObject({ status })
  })

  it('is refused as JSON, and denied to a viewer', async () => {
    expect(await ann.fails('POST', '/images/build?reference=a', { x: 1 })).toMatchObject({ status: 415, code: 'unsupported_media_type' })
    const vic = await s.user('vic2', { alpha: 'viewer' })
    expect(await vic.fails('POST', '/images/build?reference=a')).toMatchObject({ status: 403, code: 'permission_denied' })
  })
})

describe('a private image', () => {
  it('is no base, no source of a copy and no trigger for another team, although the engine has it', async () => {
    const secret = await pull(ann, await bed().uniqueImage({ files: [{ secret: 'of alpha' }] }))
    await ann.ok('POST', '/images/tag', { source: secret.reference, target: 'private/app:1' })
    const [, hash] = /^.*\/([0-9a-f]{64}):h$/.exec((await engineImages()).find(({ Id }) => Id === secret.id)!.RepoTags![0]!)!
    const triggers = await bed().uniqueImage({ config: { OnBuild: [`COPY --from=${secret.id} /secret /stolen`] } })
    const attempts: [string, string][] = [
      [`FROM ${secret.id}`, 'image_not_present'],
      ['FROM private/app:1', 'pull_failed'],
      [`FROM ${secret.id.slice(7, 19)}`, 'pull_failed'],
      [`FROM ${secret.id.slice(7)}`, 'invalid_reference'],
      [`FROM berth.invalid/${alpha.id}/${hash}:h`, 'invalid_reference'],
      [`ARG X=${secret.id}\nFROM $X`, 'image_not_present'],
      [`FROM ${BASE_IMAGE}\nCOPY --from=${secret.id} /secret /stolen`, 'image_not_present'],
      [`FROM ${BASE_IMAGE}\nCOPY --from=private/app:1 /secret /stolen`, 'pull_failed'],
      [`FROM ${triggers}`, 'image_not_present'],
      [`FROM ${BASE_IMAGE} AS a\nONBUILD COPY --from=${secret.id} /secret /stolen\nFROM a`, 'image_not_present'],
    ]
    for (const [dockerfile, code] of attempts)
      expect({ dockerfile, job: await build(bob, dockerfile) }).toMatchObject({ job: { state: 'failed', error: { code } } })
    // its own team may do all that
    expect(await build(ann, `FROM ${BASE_IMAGE}\nCOPY --from=${secret.id} /secret /s\nCOPY --from=private/app:1 /secret /t`)).toMatchObject(
      { state: 'succeeded' },
    )
    expect(await build(ann, `FROM ${triggers}`)).toMatchObject({ state: 'succeeded' })
  })

  it('is held by two teams under one name with different content', async () => {
    const [mine, theirs] = [await build(ann, `FROM ${BASE_IMAGE}\nENV WHO=ann`), await build(bob, `FROM ${BASE_IMAGE}\nENV WHO=bob`)]
    expect(mine.result!['id']).not.toBe(theirs.result!['id'])
    expect((await image(ann)).config.env).toContainEqual({ name: 'WHO', value: 'ann' })
    expect((await image(bob)).config.env).toContainEqual({ name: 'WHO', value: 'bob' })
    await build(bob, 'FROM app:latest\nENV MORE=1')
    expect((await image(bob)).config.env).toContainEqual({ name: 'WHO', value: 'bob' })
    expect((await image(ann)).id).toBe(mine.result!['id'])
  })
})

async function ancestorsOf(id: string): Promise<Set<string>> {
  const found = new Set<string>()
  for (let next = id; next !== '';) {
    const { Parent } = await engineJson<{ Parent: string }>(bed().socketPath, 'GET', `/images/${next}/json`)
    found.add(next)
    next = Parent
  }
  return found
}

function linkedDockerfile(): Buffer {
  return tarFolder((dir) => {
    writeFileSync(join(dir, 'real'), `FROM ${BASE_IMAGE}`)
    symlinkSync('real', join(dir, 'Dockerfile'))
  })
}
