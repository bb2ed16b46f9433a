import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ConfigError, loadConfig } from './config.js'

describe('loadConfig', () => {
  it('has a default for everything that a first start needs', () => {
    expect(loadConfig({})).toMatchObject({ BERTH_PORT: 7070, BERTH_HOST: '127.0.0.1', BERTH_DATA_DIR: './data', BERTH_ALLOWED_ORIGINS: [] })
  })

  it.each([
    ['BERTH_PROT', '7070', /BERTH_PROT: no such setting/],
    ['BERTH_PORT', 'x', /BERTH_PORT: /],
    ['BERTH_PORT', '70000', /BERTH_PORT: /],
    ['BERTH_DATABASE_URL', 'mysql://x', /BERTH_DATABASE_URL: must start with postgres/],
    ['BERTH_DOCKER_HOST', 'ssh://x', /BERTH_DOCKER_HOST: must be unix/],
    ['BERTH_ALLOWED_ORIGINS', 'example.org', /BERTH_ALLOWED_ORIGINS: /],
    ['BERTH_NETWORK_POOL', '10.201.0.0/25', /BERTH_NETWORK_POOL: must be an IPv4 range/],
    ['BERTH_NETWORK_POOL', '10.201.0/16', /BERTH_NETWORK_POOL: /],
    ['BERTH_NETWORK_POOL', '10.256.0.0/16', /BERTH_NETWORK_POOL: /],
    ['BERTH_NETWORK_POOL', 'fd00::/16', /BERTH_NETWORK_POOL: /],
    ['BERTH_ADMIN_PASSWORD', 'short', /BERTH_ADMIN_PASSWORD: /],
    ['BERTH_SECRETS_KEY', 'c2hvcnQ=', /BERTH_SECRETS_KEY: each must be 32 bytes/],
    ['BERTH_REGISTRY_ROUTES', '127.0.0.1:5000=http://registry:5000', /BERTH_REGISTRY_ROUTES: each must be/],
    ['BERTH_REGISTRY_ALLOW', 'https://registry.example', /BERTH_REGISTRY_ALLOW: each must be/],
    ['BERTH_PORT_FILE', '/x', /BERTH_PORT_FILE: no such setting/],
    ['BERTH_ADMIN_PASSWORD_FILE', '/does/not/exist', /BERTH_ADMIN_PASSWORD_FILE: the file can not be read/],
  ])('refuses %s=%s and says why', (name, value, text) => {
    expect(() => loadConfig({ [name]: value })).toThrow(ConfigError)
    expect(() => loadConfig({ [name]: value })).toThrow(text)
  })

  it('names every wrong setting at once', () => {
    expect(() => loadConfig({ BERTH_PORT: 'x', BERTH_PROT: '1' })).toThrow(/BERTH_PROT[^]*BERTH_PORT/)
  })

  it('never shows the value of a secret', () => {
    expect(() => loadConfig({ BERTH_DATABASE_URL: 'hunter2' })).not.toThrow(/hunter2/)
  })

  it('reads a secret from its file, without the last line feed, and not from both', () => {
    const dir = mkdtempSync(join(tmpdir(), 'berth-config-'))
    try {
      const file = join(dir, 'password')
      writeFileSync(file, 'correct horse battery\n')
      expect(loadConfig({ BERTH_ADMIN_PASSWORD_FILE: file }).BERTH_ADMIN_PASSWORD).toBe('correct horse battery')
      expect(() => loadConfig({ BERTH_ADMIN_PASSWORD_FILE: file, BERTH_ADMIN_PASSWORD: 'correct horse battery' })).toThrow(/given twice/)
    } finally {
      rmSync(dir, { recursive: true })
    }
  })

  it('takes the engine from DOCKER_HOST where BERTH_DOCKER_HOST is not set', () => {
    expect(loadConfig({ DOCKER_HOST: 'tcp://h:1' }).BERTH_DOCKER_HOST).toBe('tcp://h:1')
    expect(loadConfig({ DOCKER_HOST: 'tcp://h:1', BERTH_DOCKER_HOST: 'unix:///x' }).BERTH_DOCKER_HOST).toBe('unix:///x')
  })
})
