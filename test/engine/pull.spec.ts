import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ProgressEvent } from '../../src/engine/index.js'
import { bed, BASE_IMAGE } from '../support/bed.js'
import { engineOfBed, until } from './support/engine.js'

const engine = engineOfBed()

describe('a pull', () => {
  it('tells its progress and the digest', async () => {
    const reference = await bed().uniqueImage({ files: [{ a: '1' }, { b: Buffer.alloc(3_000_000, 'x') }] })
    const repository = reference.slice(0, -2)
    const events: ProgressEvent[] = []
    for await (const event of engine.images.pull({ repository, tag: '1' })) events.push(event)
    expect(events.filter(({ status }) => status === 'Pull complete')).toHaveLength(2)
    expect(events).toContainEqual(
      expect.objectContaining({ status: 'Downloading', current: expect.any(Number), total: expect.any(Number) }),
    )
    const digest = events.find(({ status }) => status.startsWith('Digest: '))?.status.slice(8) ?? ''
    const { Descriptor } = await engine.images.distributionInspect(reference)
    expect(Descriptor.digest).toBe(digest)
    const image = await engine.images.inspect(`${repository}@${digest}`)
    for await (const event of engine.images.pull({ repository, tag: digest })) expect(event.status).toBeTypeOf('string')
    await engine.images.remove(image.Id)
  })

  it('that is cancelled ends on the engine too', async () => {
    // its own image: one that another test has pulled would be there at once
    const reference = await bed().uniqueImage({
      files: [{ a: randomBytes(7_000_000) }, { b: randomBytes(7_000_000) }, { c: randomBytes(7_000_000) }],
    })
    const before = engine.openSockets
    const abort = new AbortController()
    const pull = engine.images.pull({ repository: reference.slice(0, -2), tag: '1', signal: abort.signal })
    const events: ProgressEvent[] = []
    const ended = (async () => {
      for await (const event of pull) {
        events.push(event)
        if (event.status === 'Pulling fs layer') abort.abort(new Error('cancelled'))
      }
    })()
    await expect(ended).rejects.toThrow('cancelled')
    await until('the socket is closed', () => engine.openSockets <= before, 2_000)
    await new Promise((done) => setTimeout(done, 1_000))
    await expect(engine.images.inspect(reference)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })

  it.each([
    ['an unknown tag', '127.0.0.1:5000/team/app', 'none', 'the registry has no such image or refuses the credentials'],
    ['an unknown repository', '127.0.0.1:5000/no/where', '1', 'the registry has no such image or refuses the credentials'],
    ['a registry that is not there', '127.0.0.1:5999/a', '1', 'the registry could not be used'],
  ])('of %s is PULL_FAILED without details', async (_what, repository, tag, reason) => {
    await expect(engine.images.pull({ repository, tag }).next()).rejects.toMatchObject({ code: 'PULL_FAILED', details: { reason } })
    await expect(engine.images.distributionInspect(`${repository}:${tag}`)).rejects.toMatchObject({ code: 'PULL_FAILED' })
  })

  it('sends nothing before it is read', async () => {
    const pull = engine.images.pull({ repository: 'random', tag: '20m' })
    await pull.return(undefined)
    expect(await pull.next()).toMatchObject({ done: true })
  })
})

describe('push and import', () => {
  it('work', async () => {
    const repository = `${bed().registryHost}/engine/pushed`
    await engine.images.tag((await engine.images.inspect(BASE_IMAGE)).Id, { repository, tag: '1' })
    for await (const event of engine.images.push({ repository, tag: '1' })) expect(event.status).toBeTypeOf('string')
    expect((await engine.images.distributionInspect(`${repository}:1`)).Descriptor.digest).toMatch(/^sha256:/)
    await engine.images.remove(`${repository}:1`)
    const empty = (async function* () {
      yield Buffer.alloc(10_240)
    })()
    for await (const event of engine.images.importTar(empty, { repository: 'engine/imported', tag: '1', changes: ['CMD ["/x"]'] }))
      expect(event.status).toMatch(/^sha256:/)
    expect((await engine.images.inspect('engine/imported:1')).Config?.Cmd).toEqual(['/x'])
    await engine.images.remove('engine/imported:1')
  })
})
