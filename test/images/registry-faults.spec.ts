/** Registries that lie or hang, which a real one can't be made to: the engine's real pull against a server of the test's. */
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gzipSync } from 'node:zlib'
import { tarOf } from '../../scripts/tar.js'
import { bed } from '../support/bed.js'
import { signal, startInside } from '../support/private-host.js'
import { inHours, setProfile } from '../admission/support.js'
import { scenario, type Actor, type Scenario, type Team } from '../support/scenario.js'
import { engineImages, type Job, jobOf, until } from './support.js'

const PORT = 5013
const HOST = `127.0.0.1:${PORT}`
const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json'

const sha = (bytes: Buffer | string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** One image of one random layer, as a registry has it. */
function imageOf() {
  const tar = tarOf({ r: randomBytes(200_000) })
  const layer = gzipSync(tar)
  const config = Buffer.from(
    JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [sha(tar)] },
      history: [{ created_by: 'x' }],
    }),
  )
  const blobs = new Map([layer, config].map((blob) => [sha(blob), blob]))
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: { mediaType: 'application/vnd.docker.container.image.v1+json', size: config.length, digest: sha(config) },
      layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', size: layer.length, digest: sha(layer) }],
    }),
  )
  return { manifest, blobs, layer: sha(layer), config: sha(config) }
}

let s: Scenario
let alpha: Team
let ann: Actor
let dir: string
let server: Server
let relay: number
let image: ReturnType<typeof imageOf>
/** Answers in the place of the honest registry; false: it does not. */
let lie: (request: IncomingMessage, response: ServerResponse) => boolean

function honest(request: IncomingMessage, response: ServerResponse): void {
  if (lie(request, response)) return
  const path = request.url ?? ''
  const blob = image.blobs.get(path.split('/').at(-1) ?? '')
  if (path === '/v2/') return void response.writeHead(200, { 'docker-distribution-api-version': 'registry/2.0' }).end('{}')
  if (path.includes('/manifests/')) return send(request, response, image.manifest, MANIFEST)
  if (blob) return send(request, response, blob, 'application/octet-stream')
  response.writeHead(404).end('{"errors":[]}')
}

function send({ method }: IncomingMessage, response: ServerResponse, bytes: Buffer, type: string): void {
  response.writeHead(200, { 'content-type': type, 'content-length': bytes.length, 'docker-content-digest': sha(bytes) })
  response.end(method === 'HEAD' ? undefined : bytes)
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'berth-liar-'))
  const socket = join(dir, 's.sock')
  server = createServer(honest)
  await new Promise<void>((done) => server.listen(socket, done))
  // unix sockets cross network namespaces, ports do not
  const inside = `const net = require('node:net')
net.createServer((c) => { const u = net.connect(process.argv[1]); for (const x of [c, u]) x.on('error', () => { c.destroy(); u.destroy() }); c.pipe(u).pipe(c) }).listen(${PORT}, '127.0.0.1')`
  relay = startInside(bed().netns, join(dir, 'relay.log'), process.execPath, '-e', inside, socket)
  s = await scenario({ env: { BERTH_REGISTRY_TIMEOUT: '2' } })
  alpha = await s.team('alpha')
  ann = await s.user('ann', { alpha: 'developer' })
})
afterAll(async () => {
  await s?.end()
  signal(relay, 'SIGTERM')
  server.closeAllConnections()
  server.close()
  rmSync(dir, { recursive: true, force: true })
})

async function pullJob(): Promise<Job> {
  const reference = `${HOST}/liar/app:${randomBytes(4).toString('hex')}`
  const job = await jobOf(ann, (await ann.ok<Job>('POST', '/images/pull', { reference })).id)
  if (job.state === 'failed') expect((await ann.fails('GET', `/images/${encodeURIComponent(reference)}`)).code).toBe('not_found')
  return job
}

/** Nothing of the fake's on the engine. */
const nothingIsLeft = async () =>
  (await engineImages()).every(
    ({ RepoTags, RepoDigests }) => ![...(RepoTags ?? []), ...(RepoDigests ?? [])].some((name) => name.startsWith(HOST)),
  )

describe('a pull from a registry', () => {
  it('works where it is honest', async () => {
    image = imageOf()
    lie = () => false
    await until(async () => (await pullJob()).state === 'succeeded')
  })

  it('fails where it sends another manifest than the digest says', async () => {
    image = imageOf()
    const other = imageOf()
    lie = (request, response) => {
      if (!/manifests\/sha256:/.test(request.url ?? '')) return false
      send(request, response, other.manifest, MANIFEST)
      return true
    }
    expect(await pullJob()).toMatchObject({
      state: 'failed',
      error: { code: 'pull_failed', detail: expect.stringMatching(/something else than its digest says/) as string },
    })
    expect(await nothingIsLeft()).toBe(true)
  })

  it.each(['layer', 'config'] as const)('fails where it sends another %s than the digest says', async (which) => {
    image = imageOf()
    const wrong = Buffer.from(image.blobs.get(image[which])!)
    wrong[wrong.length - 1]! ^= 1
    lie = (request, response) => {
      if (!request.url?.endsWith(image[which])) return false
      send(request, response, wrong, 'application/octet-stream')
      return true
    }
    const job = await pullJob()
    expect(job).toMatchObject({ state: 'failed', error: { code: 'pull_failed' } })
    expect(job.error?.detail).toMatch(/something else than its digest says/)
    expect(await nothingIsLeft()).toBe(true)
  })

  it('is given up where it says nothing to the question for the manifest', async () => {
    image = imageOf()
    lie = (request) => request.url?.includes('/manifests/') ?? false
    const job = await pullJob()
    expect(job).toMatchObject({ state: 'failed', error: { code: 'pull_failed' } })
    expect(job.error?.detail).toMatch(/the registry (does not answer|stopped answering)/)
  })

  it('is given up where it stops within a layer, and does not keep the next pull waiting', async () => {
    image = imageOf()
    lie = (request, response) => {
      if (!request.url?.endsWith(image.layer)) return false
      const blob = image.blobs.get(image.layer)!
      response.writeHead(200, { 'content-length': blob.length })
      response.write(blob.subarray(0, 1_000))
      return true
    }
    const job = await pullJob()
    expect(job).toMatchObject({ state: 'failed', error: { code: 'pull_failed' } })
    expect(job.error?.detail).toMatch(/stopped answering/)
    expect(await nothingIsLeft()).toBe(true)
    lie = () => false
    expect(await pullJob()).toMatchObject({ state: 'succeeded' })
  })

  it('can be canceled while it hangs', async () => {
    image = imageOf()
    lie = (request) => request.url?.endsWith(image.layer) ?? false
    const { id } = await ann.ok<Job>('POST', '/images/pull', { reference: `${HOST}/liar/app:hangs` })
    await until(async () => (await ann.ok<Job>('GET', `/jobs/${id}`)).steps.some((step) => /^[0-9a-f]{12}$/.test(step.id)))
    expect(await ann.ok('DELETE', `/jobs/${id}`)).toMatchObject({ state: 'canceled' })
  })
})

describe('a creation that waits for its pull', () => {
  /** Asks for it, has the layer wait until `change` is done, and answers what came of it. */
  async function changedMeanwhile(actor: Actor, spec: object, change: () => Promise<unknown>) {
    image = imageOf()
    const asked = Promise.withResolvers<void>()
    const changed = Promise.withResolvers<void>()
    lie = (request, response) => {
      if (!request.url?.endsWith(image.layer)) return false
      asked.resolve()
      void changed.promise.then(() => send(request, response, image.blobs.get(image.layer)!, 'application/octet-stream'))
      return true
    }
    const reference = `${HOST}/liar/app:${randomBytes(4).toString('hex')}`
    const answer = actor.http.post('/containers').send({ image: reference, command: ['/r'], ...spec })
    const done = answer.then((response) => response)
    await asked.promise
    await change()
    changed.resolve()
    const { status, body } = await done
    return { status, code: (body as { code?: string }).code }
  }

  it('is made when nothing changed', async () => {
    expect(await changedMeanwhile(ann, {}, () => Promise.resolve())).toEqual({ status: 201, code: undefined })
  })

  it('is judged by the profile that the team has after it', async () => {
    await setProfile(s, alpha, { profile: 'privileged', expiresAt: inHours(1) })
    const answer = await changedMeanwhile(ann, { privileged: true }, () => setProfile(s, alpha, { profile: 'baseline' }))
    expect(answer).toEqual({ status: 403, code: 'policy_denied' })
  })

  it('is not made for who has lost the right to it', async () => {
    const eve = await s.user('eve', { alpha: 'developer' })
    const gone = await changedMeanwhile(eve, { name: 'of-eve' }, () => s.admin.ok('DELETE', `/teams/${alpha.name}/members/${eve.userId}`))
    expect(gone.status).toBeGreaterThanOrEqual(403)
    const dora = await s.user('dora', { alpha: 'developer' })
    const disabled = await changedMeanwhile(dora, { name: 'of-dora' }, () =>
      s.admin.ok('PATCH', `/users/${dora.userId}`, { disabled: true }),
    )
    expect(disabled).toEqual({ status: 401, code: 'unauthenticated' })
    for (const name of ['of-eve', 'of-dora']) expect((await ann.fails('GET', `/containers/${name}`)).code).toBe('not_found')
  })
})

describe('a push to a registry', () => {
  it('is given up where it says nothing', async () => {
    lie = () => true
    await ann.ok('POST', '/images/tag', { source: 'berth.test/busybox:1', target: `${HOST}/liar/pushed:1` })
    const job = await jobOf(ann, (await ann.ok<Job>('POST', '/images/push', { reference: `${HOST}/liar/pushed:1` })).id)
    expect(job).toMatchObject({ state: 'failed', error: { code: 'push_failed' } })
    expect(job.error?.detail).toMatch(/stopped answering|can not be reached/)
    expect(await nothingIsLeft()).toBe(true)
  })
})
