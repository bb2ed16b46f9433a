/** A gateway that is killed within a build, a push, a load: after its next start nothing of it is left on the engine. */
import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tarOf } from '../../scripts/tar.js'
import { bed } from '../support/bed.js'
import { engineJson } from '../support/engine-http.js'
import type { PrivateEngine } from '../support/private-engine.js'
import { until } from '../support/private-host.js'
import { type Actor } from '../support/scenario.js'
import { halfUpload } from '../images/archive-support.js'
import { startRegistry, type Registry } from '../support/registry.js'
import { bytesOf, type Job, jobOf, sent } from '../images/support.js'
import { GatewayProcess } from './support/gateway-process.js'

let host: PrivateEngine
let empty: Registry
let gateway: GatewayProcess
let admin: Actor
let team: string

beforeAll(async () => {
  host = await bed().startEngine()
  empty = await startRegistry(host, { port: 5014 })
  gateway = await GatewayProcess.start({ dockerHost: host.dockerHost })
  admin = await gateway.admin()
  team = `crash-${randomBytes(3).toString('hex')}`
  await admin.ok('POST', '/teams', { name: team })
  await ended((await admin.ok<Job>('POST', '/images/pull', { reference: 'busybox:1', team })).id, 'succeeded')
}, 60_000)
afterAll(async () => {
  await gateway?.stop()
  await empty?.stop()
  await host?.purge()
})

async function ended(id: string, state: string): Promise<Job> {
  const job = await jobOf(admin, id)
  expect(job).toMatchObject({ id, state })
  return job
}

async function restarted(): Promise<void> {
  await gateway.kill()
  await gateway.start()
  admin = await gateway.admin()
}

/** What is on the engine beside the references of the team and the bed's own. */
async function strays(): Promise<string[]> {
  const images = await engineJson<{ Id: string; RepoTags: string[] | null; RepoDigests: string[] | null }[]>(
    host.socketPath,
    'GET',
    '/images/json',
  )
  const containers = await engineJson<{ Id: string }[]>(host.socketPath, 'GET', '/containers/json?all=true')
  const names = images.flatMap(({ Id, RepoTags, RepoDigests }) => {
    const all = [...(RepoTags ?? []), ...(RepoDigests ?? [])].filter((name) => !name.startsWith('<none>'))
    return all.length === 0 ? [`${Id} without a name`] : all
  })
  return [
    ...names.filter((name) => !/^berth\.invalid\/.*:h$|^berth\.test\/|^busybox@/.test(name)),
    ...containers.map(({ Id }) => `container ${Id}`),
  ]
}

const running = (id: string, step: RegExp) =>
  until(`step ${String(step)}`, 30_000, async () =>
    (await admin.ok<Job>('GET', `/jobs/${id}`)).steps.some(({ id: name, status }) => step.test(`${name} ${status}`)),
  )

describe('a gateway that is killed', () => {
  it('within a build leaves neither containers nor what was built so far', async () => {
    const body = tarOf({ Dockerfile: 'FROM busybox:1 AS one\nRUN echo 1 > /1\nFROM busybox:1\nRUN echo 2 > /2\nRUN sleep 300' })
    const answer = await admin.http.post(`/images/build?reference=app:1&team=${team}`).set('content-type', 'application/x-tar').send(body)
    await running((answer.body as Job).id, /^step 5 running/)
    await restarted()
    await ended((answer.body as Job).id, 'interrupted')
    await until('the end of what it left', 60_000, async () => (await strays()).length === 0)
  })

  it('within a push leaves no public name', async () => {
    const target = `${empty.host}/pushed:1`
    await sent(admin, `/images/import?reference=${target}&team=${team}`, tarOf({ r: randomBytes(60 << 20) }))
    const { id } = await admin.ok<Job>('POST', '/images/push', { reference: target, team })
    await running(id, /^[0-9a-f]{12} pushing/)
    expect(await strays()).toContain(target)
    await restarted()
    await ended(id, 'interrupted')
    await until('the end of what it left', 60_000, async () => (await strays()).length === 0)
    expect(await admin.ok('GET', `/images/${encodeURIComponent(target)}?team=${team}`)).toMatchObject({ references: [target] })
  })

  it('within a load leaves nothing', async () => {
    const archive = await bytesOf(admin, `/images/busybox%3A1/save?team=${team}`)
    await halfUpload(admin, `/images/load?reference=loaded:1&team=${team}`, archive)
    let job: Job | undefined
    await until('the load', 30_000, async () => {
      ;[job] = (await admin.ok<{ items: Job[] }>('GET', '/jobs?kind=images.load&state=running')).items
      return job !== undefined
    })
    await restarted()
    await ended(job!.id, 'interrupted')
    expect(await admin.fails('GET', `/images/loaded%3A1?team=${team}`)).toMatchObject({ code: 'not_found' })
    await until('the end of what it left', 60_000, async () => (await strays()).length === 0)
  })
})
