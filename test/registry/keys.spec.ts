import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebhookKeys } from '../../src/events/webhooks/webhook-keys.js'
import { RegistryStore } from '../../src/store/registries.store.js'
import { WebhookStore } from '../../src/store/webhooks.store.js'
import { until } from '../streams/support.js'
import { ADMIN, type Gateway, startGateway } from '../support/app.js'
import { Actor } from '../support/actor.js'
import { behindBasic, FakeServer, json } from './support/fake-registry.js'
import type { SavedRegistry } from './support/world.js'

const [OLD, NEW, OTHER] = [randomBytes(32).toString('base64'), randomBytes(32).toString('hex'), randomBytes(32).toString('base64url')]
const PASSWORD = 'kept through a change of keys'

describe('the key of secrets', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'berth-keys-'))
  let registry: FakeServer

  beforeAll(async () => {
    registry = await FakeServer.start(behindBasic(json({ repositories: [] })))
  })
  afterAll(async () => {
    await registry[Symbol.asyncDispose]()
    rmSync(dataDir, { recursive: true })
  })

  /** A gateway on the same data with these keys. */
  async function withKeys<T>(keys: string, work: (admin: Actor, gateway: Gateway) => Promise<T>): Promise<T> {
    await using gateway = await startGateway({ dataDir, env: { BERTH_SECRETS_KEY: keys, BERTH_REGISTRY_ALLOW: registry.host } })
    return await work(await Actor.login(gateway, ADMIN), gateway)
  }

  it('changes without anybody giving a password again, and a key that is gone is named', async () => {
    const body = { team: 'default', name: 'r', url: registry.url, username: 'ann', password: PASSWORD }
    const { id } = await withKeys(OLD, (admin) => admin.ok<SavedRegistry>('POST', '/registries', body))
    const check = (admin: Actor) => admin.ok('POST', `/registries/${id}/check`)
    const sealed = async (_: Actor, gateway: Gateway) => (await gateway.app.get(RegistryStore, { strict: false }).find(id))!.password

    const missing = await withKeys(OTHER, (admin) => admin.fails('POST', `/registries/${id}/check`))
    expect([missing.status, missing.code, missing.hint]).toEqual([503, 'secrets_key_missing', expect.stringContaining('BERTH_SECRETS_KEY')])
    const before = await withKeys(OLD, sealed)
    expect(await withKeys(`${NEW},${OLD}`, check)).toMatchObject({ login: 'verified' })
    expect(await withKeys(NEW, sealed)).not.toBe(before)
    expect(await withKeys(NEW, check)).toMatchObject({ login: 'verified' })
    expect(registry.trusted.at(-1)).toBe(`Basic ${Buffer.from(`ann:${PASSWORD}`).toString('base64')}`)
    expect((await withKeys(OLD, (admin) => admin.fails('POST', `/registries/${id}/check`))).code).toBe('secrets_key_missing')
  })

  it('that is lost costs the registries, which can be saved again', async () => {
    const [{ id }] = await withKeys(
      OTHER,
      async (admin) => (await admin.ok<{ items: SavedRegistry[] }>('GET', '/registries')).items as [SavedRegistry],
    )
    const problem = await withKeys(OTHER, (admin) => admin.fails('PATCH', `/registries/${id}`, { password: PASSWORD }))
    expect(problem.code).toBe('secrets_key_missing')
    await withKeys(OTHER, (admin) => admin.ok('DELETE', `/registries/${id}`))
    const body = { team: 'default', name: 'r', url: registry.url, username: 'ann', password: PASSWORD }
    expect(await withKeys(OTHER, (admin) => admin.ok('POST', '/registries', body))).toMatchObject({ login: 'verified' })
  })

  it('is that of webhooks too, and a webhook whose key is gone says so', async () => {
    await withKeys(OTHER, async (admin) => {
      for (const { id } of (await admin.ok<{ items: SavedRegistry[] }>('GET', '/registries')).items)
        await admin.ok('DELETE', `/registries/${id}`)
    })
    const body = { team: 'default', url: 'http://192.88.99.1:9/', secret: 'kept by the receiver' }
    const { id } = await withKeys(OLD, (admin) => admin.ok<{ id: string }>('POST', '/webhooks', body))
    const row = (gateway: Gateway) => gateway.app.get(WebhookStore, { strict: false }).find(id)
    const opened = async (_: Actor, gateway: Gateway) => gateway.app.get(WebhookKeys, { strict: false }).open((await row(gateway))!)
    const before = await withKeys(OLD, async (_, gateway) => (await row(gateway))!.secret)
    await withKeys(`${NEW},${OLD}`, async (_, gateway) => expect((await row(gateway))!.secret).not.toBe(before))
    expect(await withKeys(NEW, opened)).toBe('kept by the receiver')

    await withKeys(OTHER, async (admin, gateway) => {
      await admin.ok('POST', '/volumes', { team: 'default', name: 'told' })
      await until('the failure', async () => ((await row(gateway))?.failures ?? 0) > 0)
      const { items } = await admin.ok<{ items: object[] }>('GET', '/webhooks')
      expect(items).toEqual([expect.objectContaining({ id, problem: 'its secret can not be opened', deliveredAt: null })])
      await admin.ok('DELETE', '/volumes/told')
      // another gateway may have its key, and could not open what this one seals
      expect((await admin.fails('POST', '/webhooks', body)).code).toBe('secrets_key_missing')
      await admin.ok('DELETE', `/webhooks/${id}`)
    })
    await withKeys(OTHER, async (admin) =>
      admin.ok('DELETE', `/webhooks/${(await admin.ok<{ id: string }>('POST', '/webhooks', body)).id}`),
    )
  })
})
