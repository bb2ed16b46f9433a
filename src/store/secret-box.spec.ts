import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../config/config.js'
import { SecretBox } from './secret-box.js'
import type { SettingsStore } from './settings.store.js'

const key = () => randomBytes(32).toString('base64')
let dir: string
let stored: Map<string, string>

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'berth-box-'))
  stored = new Map()
})
afterEach(() => rmSync(dir, { recursive: true }))

function box(keys?: string): SecretBox {
  const settings = {
    getOrCreate: (name: string, make: () => string) => Promise.resolve(stored.get(name) ?? (stored.set(name, make()), stored.get(name)!)),
    set: (name: string, value: string) => Promise.resolve(void stored.set(name, value)),
  } as unknown as SettingsStore
  return new SecretBox(loadConfig({ BERTH_DATA_DIR: dir, ...(keys !== undefined && { BERTH_SECRETS_KEY: keys }) }), settings)
}

describe('SecretBox', () => {
  it('opens what it sealed, and seals the same twice into two', async () => {
    const [one, two] = [await box().seal('pässword', 'here'), await box().seal('pässword', 'here')]
    expect(one).not.toBe(two)
    expect([box().open(one, 'here'), box().open(two, 'here')]).toEqual(['pässword', 'pässword'])
  })

  it('opens nothing in another context, nor what was changed', async () => {
    const sealed = await box().seal('secret', 'team a')
    expect(() => box().open(sealed, 'team b')).toThrow()
    const at = sealed.length - 5
    const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1)
    expect(() => box().open(changed, 'team a')).toThrow()
    expect(() => box().open(sealed.slice(0, 25), 'team a')).toThrow()
    expect(() => box().open(sealed.replace('v1', 'v2'), 'team a')).toThrow()
  })

  it('makes a key of its own only where none is set, for its owner alone', async () => {
    await box(key()).seal('x', '')
    expect(readdirSync(dir)).toEqual([])
    stored.clear()
    await box().seal('x', '')
    expect(statSync(join(dir, 'secrets.key')).mode & 0o777).toBe(0o600)
  })

  it('goes from one key to the next: the first seals, the others still open', async () => {
    const [old, next] = [key(), Buffer.from(randomBytes(32)).toString('hex')]
    const sealed = await box(old).seal('secret', '')
    const both = box(`${next},${old}`)
    expect(both.open(sealed, '')).toBe('secret')
    expect(both.isOld(sealed)).toBe(true)
    const again = await both.seal('secret', '')
    expect(both.isOld(again)).toBe(false)
    expect(box(next).open(again, '')).toBe('secret')
    expect(() => box(next).open(sealed, '')).toThrow(expect.objectContaining({ code: 'SECRETS_KEY_MISSING' }))
  })

  it('seals nothing that the other gateways could not open', async () => {
    await box(key()).seal('x', '')
    await expect(box(key()).seal('x', '')).rejects.toEqual(expect.objectContaining({ code: 'SECRETS_KEY_MISSING' }))
  })
})
