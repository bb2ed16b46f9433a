import { beforeAll, describe, expect, it } from 'vitest'
import type { InventoryChange } from '../../src/engine/index.js'
import { bed, BASE_IMAGE } from '../support/bed.js'
import { engineJson } from '../support/engine-http.js'
import { containersOf, engineOfBed, uniqueName, until } from './support/engine.js'

const engine = engineOfBed({ relistEveryMs: 600 })
const { create, run } = containersOf(engine)
const { inventory } = engine
const direct = <T>(method: string, path: string, body?: unknown) => engineJson<T>(bed().socketPath, method, path, body)

beforeAll(() => inventory.ready())

describe('the inventory', () => {
  it('shows a write as soon as it is refreshed', async () => {
    const id = await create({ Labels: { a: 'b' } })
    await inventory.refresh('container', id)
    expect(inventory.containers.get(id)).toMatchObject({ id, state: 'created', labels: { a: 'b' }, detail: { startedAt: null } })
    await engine.containers.start(id)
    expect(await inventory.refresh('container', id)).toMatchObject({ state: 'running', detail: { exitCode: 0 } })
    await engine.containers.kill(id)
    await engine.containers.wait(id)
    expect(await inventory.refresh('container', id)).toMatchObject({
      state: 'exited',
      detail: { exitCode: 137, finishedAt: expect.any(String) },
    })
    await engine.containers.remove(id)
    expect(await inventory.refresh('container', id)).toBeUndefined()
    expect(inventory.containers.get(id)).toBeUndefined()
  })

  it('hears what happens beside us', async () => {
    const heard: InventoryChange[] = []
    const off = inventory.changes.on((change) => heard.push(change))
    const name = uniqueName()
    const { Id } = await direct<{ Id: string }>('POST', `/containers/create?name=${name}`, {
      Image: BASE_IMAGE,
      Cmd: ['sh', '-c', 'exit 5'],
    })
    await until('added', () => inventory.containers.get(Id)?.engineName === name)
    await direct('POST', `/containers/${Id}/start`)
    await until('exited', () => inventory.containers.get(Id)?.detail?.exitCode === 5)
    await direct('POST', `/containers/${Id}/rename?name=${name}-2`)
    await until('renamed', () => inventory.containers.get(Id)?.engineName === `${name}-2`)
    await direct('DELETE', `/containers/${Id}`)
    await until('removed', () => !inventory.containers.get(Id))
    off()
    const ours = heard.filter((change) => change.id === Id)
    expect(ours[0]?.action).toBe('added')
    expect(ours.at(-1)?.action).toBe('removed')
    expect(heard.every((change, at) => at === 0 || change.revision === (heard[at - 1]?.revision ?? 0) + 1)).toBe(true)
  })

  it('follows volumes, networks, images and their tags', async () => {
    const name = uniqueName()
    await direct('POST', '/volumes/create', { Name: name })
    await until('volume', () => inventory.volumes.get(name))
    await direct('DELETE', `/volumes/${name}`)
    await until('no volume', () => !inventory.volumes.get(name))
    const { Id } = await direct<{ Id: string }>('POST', '/networks/create', { Name: name })
    await until('network', () => inventory.networks.get(Id)?.engineName === name)
    const container = await run()
    await direct('POST', `/networks/${Id}/connect`, { Container: container })
    await until('connected', () =>
      inventory.containers.get(container)?.networks.some(({ networkId, ipAddress }) => networkId === Id && ipAddress !== ''),
    )
    await direct('POST', `/networks/${Id}/disconnect`, { Container: container })
    await until('disconnected', () => !inventory.containers.get(container)?.networks.some(({ networkId }) => networkId === Id))
    await direct('DELETE', `/networks/${Id}`)
    await until('no network', () => !inventory.networks.get(Id))
    const image = await engine.images.inspect(BASE_IMAGE)
    await direct('POST', `/images/${image.Id}/tag?repo=engine/${name}&tag=1`)
    await until('tag', () => inventory.images.get(image.Id)?.tags.includes(`engine/${name}:1`))
    expect(await inventory.refresh('image', image.Id)).toEqual(inventory.images.get(image.Id))
    await direct('DELETE', `/images/engine/${name}:1`)
    await until('no tag', () => !inventory.images.get(image.Id)?.tags.includes(`engine/${name}:1`))
  })

  it('tells the same from a list as from an inspect, so that a check changes nothing', async () => {
    const HostConfig = { PortBindings: { '80/tcp': [{ HostPort: '' }] }, Tmpfs: { '/t': '' }, Mounts: [{ Type: 'volume', Target: '/v' }] }
    const ours = [await run({ HostConfig, ExposedPorts: { '80/tcp': {}, '81/udp': {} } }), await run({ Cmd: ['sh', '-c', 'exit 3'] })]
    await until('exited', () => inventory.containers.get(ours[1] ?? '')?.detail?.exitCode === 3)
    await inventory.settled()
    const heard: InventoryChange[] = []
    const off = inventory.changes.on((change) => ours.includes(change.id) && heard.push(change))
    // two checks
    await new Promise((done) => setTimeout(done, 1_500))
    off()
    expect(heard).toEqual([])
  })

  it('is never older than the last refresh, however events race with it', async () => {
    for (let round = 0; round < 20; round++) {
      const id = await create()
      await engine.containers.start(id)
      expect((await inventory.refresh('container', id))?.state).toBe('running')
      await engine.containers.pause(id)
      expect((await inventory.refresh('container', id))?.state).toBe('paused')
      const states: unknown[] = []
      const off = inventory.changes.on(
        (change) =>
          change.id === id && states.push(change.action === 'removed' ? 'removed' : 'state' in change.entry && change.entry.state),
      )
      await new Promise((done) => setTimeout(done, 20))
      off()
      expect(states).toEqual([])
      await engine.containers.remove(id, { force: true })
    }
  })
})
