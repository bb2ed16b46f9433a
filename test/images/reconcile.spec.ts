import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ImageReconciler } from '../../src/images/image-reconciler.js'
import { ProcessIdentity } from '../../src/access/index.js'
import { Inventory } from '../../src/engine/index.js'
import { ImageScratchStore } from '../../src/store/image-scratch.store.js'
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

  describe('of what a transfer left whose process is no more', () => {
    const scratch = () => s.gateway.app.get(ImageScratchStore, { strict: false })
    const row = (reference: string, holder: string, restoreId: string | null = null, processId: string = randomUUID()) => ({
      reference,
      holder,
      process_id: processId,
      restore_id: restoreId,
      created_at: new Date().toISOString(),
    })

    it('takes the public reference away, and leaves the content to those who hold it', async () => {
      const { id } = await pull(ann, await bed().uniqueImage())
      const tag = randomUUID()
      await engineCall(socket, 'POST', `/images/${id}/tag?repo=127.0.0.1:5000/left&tag=${tag}`)
      await scratch().insert(row(`127.0.0.1:5000/left:${tag}`, 'tag'))
      await reconcile()
      expect(await tagsOf(id)).toEqual([expect.stringMatching(/^berth\.invalid\//)])
      expect(await scratch().rows(`127.0.0.1:5000/left:${tag}`)).toEqual([])
    })

    it('puts back what the operator had there', async () => {
      const [{ id }, { id: operators }] = [await pull(ann, await bed().uniqueImage()), await pull(ann, await bed().uniqueImage())]
      const reference = `operators/left:${randomUUID()}`
      await engineCall(socket, 'POST', `/images/${id}/tag?repo=operators/left&tag=${reference.slice(15)}`)
      s.forget('images', reference)
      await scratch().insert(row(reference, 'tag', operators))
      await reconcile()
      expect(await tagsOf(operators)).toContain(reference)
      expect(await tagsOf(id)).not.toContain(reference)
    })

    it('leaves what another process, or this one, still uses', async () => {
      const { id } = await pull(ann, await bed().uniqueImage())
      const tag = randomUUID()
      const reference = `127.0.0.1:5000/used:${tag}`
      await engineCall(socket, 'POST', `/images/${id}/tag?repo=127.0.0.1:5000/used&tag=${tag}`)
      await scratch().insert(row(reference, 'dead'))
      await scratch().insert(row(reference, 'alive', null, s.gateway.app.get(ProcessIdentity, { strict: false }).id))
      await reconcile()
      expect(await tagsOf(id)).toContain(reference)
      expect((await scratch().rows(reference)).map(({ holder }) => holder)).toEqual(['alive'])
      await scratch().remove({ reference, holder: 'alive' })
      await engineCall(socket, 'DELETE', `/images/${reference}`)
    })
  })
})
