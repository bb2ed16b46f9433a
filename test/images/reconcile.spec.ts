import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ImageReconciler } from '../../src/images/image-reconciler.js'
import { Inventory } from '../../src/engine/index.js'
import { bed } from '../support/bed.js'
import { engineCall } from '../support/engine-http.js'
import { scenario, type Actor, type Scenario, type Team } from '../support/scenario.js'
import { engineImages, pull, until } from './support.js'

let s: Scenario
let alpha: Team
let ann: Actor

const at = (ref: string) => `/images/${encodeURIComponent(ref)}`
const socket = bed().socketPath
const reconcile = () => s.gateway.app.get(ImageReconciler, { strict: false }).run()
const inventory = () => s.gateway.app.get(Inventory, { strict: false })

async function tagsOf(id: string): Promise<string[]> {
  return (await engineImages()).find((image) => image.Id === id)?.RepoTags ?? []
}

/** The gateway hears of what was done beside it by events. */
async function heard(id: string): Promise<void> {
  await until(async () => {
    const known = inventory().images.get(id)
    return JSON.stringify([...(known?.tags ?? [])].sort()) === JSON.stringify([...(await tagsOf(id))].sort())
  })
}

beforeAll(async () => {
  s = await scenario()
  alpha = await s.team('alpha')
  ann = await s.user('ann', { alpha: 'developer' })
})
afterAll(() => s.end())

describe('the image reconciler', () => {
  it('drops references whose content was removed beside the gateway', async () => {
    const reference = await bed().uniqueImage()
    const { id } = await pull(ann, reference)
    await engineCall(socket, 'DELETE', `/images/${id}?force=true`)
    await heard(id)
    await reconcile()
    expect(await ann.fails('GET', at(reference))).toMatchObject({ code: 'not_found' })
    expect((await pull(ann, reference)).id).toBe(id)
  })

  it('gives a reference its holding tag back', async () => {
    const reference = await bed().uniqueImage()
    const { id } = await pull(ann, reference)
    const [holding] = await tagsOf(id)
    await engineCall(socket, 'POST', `/images/${id}/tag?repo=operators&tag=${randomUUID()}`)
    const operators = (await tagsOf(id)).find((tag) => tag.startsWith('operators:'))!
    s.forget('images', operators)
    await engineCall(socket, 'DELETE', `/images/${holding}`)
    await heard(id)
    await reconcile()
    expect(new Set(await tagsOf(id))).toEqual(new Set([holding, operators]))
  })

  it('drops holding tags without a reference once no container needs them, and no tag of anybody else', async () => {
    const reference = await bed().uniqueImage()
    const { id } = await pull(ann, reference)
    const container = await engineCall(socket, 'POST', '/containers/create', { Image: id, Cmd: ['x'] })
    const { Id } = JSON.parse(container.body) as { Id: string }
    await until(() => inventory().containers.get(Id))
    await ann.ok('DELETE', at(reference))
    const other = `berth.invalid/${randomUUID()}/${'0'.repeat(64)}`
    await engineCall(socket, 'POST', `/images/berth.test/busybox:1/tag?repo=${other}&tag=h`)
    try {
      await heard(id)
      await reconcile()
      expect(await tagsOf(id)).toEqual([expect.stringContaining(`berth.invalid/${alpha.id}/`)])
      await engineCall(socket, 'DELETE', `/containers/${Id}?force=true`)
      await until(() => inventory().containers.get(Id) === undefined)
      await reconcile()
      expect((await engineImages()).map((image) => image.Id)).not.toContain(id)
      expect((await engineImages()).flatMap((image) => image.RepoTags)).toContain(`${other}:h`)
    } finally {
      await engineCall(socket, 'DELETE', `/containers/${Id}?force=true`)
      await engineCall(socket, 'DELETE', `/images/${other}:h`)
    }
  })

  it('changes nothing where all is in order, also after a restart', async () => {
    const reference = await bed().uniqueImage()
    const { id } = await pull(ann, reference)
    const before = await tagsOf(id)
    await s.gateway.restart()
    await inventory().ready()
    await reconcile()
    expect(await tagsOf(id)).toEqual(before)
    expect(await ann.ok('GET', at(reference))).toMatchObject({ id })
  })
})
