import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RegistryStore } from '../../src/store/registries.store.js'
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
})
