import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from '../../scripts/setup.mjs'
import { loadConfig } from '../../src/config/config.js'

/** What the tests look at of a compose file. */
interface Service {
  readonly image?: string
  readonly build?: string
  readonly read_only?: boolean
  readonly privileged?: boolean
  readonly cap_drop?: readonly string[]
  readonly cap_add?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly secrets?: readonly string[]
  readonly networks?: readonly string[]
  readonly network_mode?: string
  readonly pid?: string
  readonly user?: string
  readonly healthcheck?: object
  readonly stop_grace_period?: string
}

const { services, networks, secrets } = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8')) as {
  services: Readonly<Record<string, Service>>
  networks: Readonly<Record<string, { internal?: boolean }>>
  secrets: Readonly<Record<string, { file?: string }>>
}
const all = Object.entries(services)
const { gateway } = services

describe('docker-compose.yml', () => {
  it('has the gateway, PostgreSQL, Redis and a private registry', () => {
    expect(Object.keys(services).sort()).toEqual(['gateway', 'postgres', 'redis', 'registry'])
    expect(services['postgres']?.image).toMatch(/^postgres:/)
    expect(services['redis']?.image).toMatch(/^redis:/)
    expect(services['registry']?.image).toMatch(/^registry:/)
  })

  it.each(all)('gives %s no way to write to its root or to gain privileges', (_, service) => {
    expect(service.read_only).toBe(true)
    expect(service.security_opt).toContain('no-new-privileges:true')
    expect(service.privileged ?? false).toBe(false)
    expect(service.cap_add ?? []).toEqual([])
    expect([service.network_mode, service.pid]).toEqual([undefined, undefined])
  })

  it('drops every capability of the gateway', () => {
    expect(gateway?.cap_drop).toEqual(['ALL'])
  })

  it('gives the engine socket to the gateway alone, and nothing else of the host to anybody', () => {
    const mounts = all.flatMap(([name, { volumes = [] }]) => volumes.map((volume) => ({ name, source: volume.split(':')[0]! })))
    const ofHost = mounts.filter(({ source }) => source.startsWith('/') || source.startsWith('.') || source.startsWith('~'))
    expect(ofHost).toEqual([{ name: 'gateway', source: '/var/run/docker.sock' }])
  })

  it('publishes on loopback only', () => {
    const published = all.flatMap(([, { ports = [] }]) => ports)
    expect(published.length).toBeGreaterThan(0)
    for (const port of published) expect(port).toMatch(/^127\.0\.0\.1:/)
    expect(services['postgres']?.ports ?? services['redis']?.ports).toBeUndefined()
  })

  it('keeps database and Redis where only the gateway is', () => {
    for (const name of ['postgres', 'redis']) expect(services[name]?.networks).toEqual(['backend'])
    expect(networks['backend']?.internal).toBe(true)
    expect(services['registry']?.networks).not.toContain('backend')
  })

  it('takes secrets from files, never from the environment', () => {
    for (const [, { environment = {} }] of all)
      for (const [name, value] of Object.entries(environment)) {
        expect(value).not.toMatch(/:\/\/[^/]*:[^/]*@/)
        if (/PASSWORD|SECRET|TOKEN|DATABASE_URL/.test(name))
          expect([name, value]).toEqual([expect.stringMatching(/_FILE$/), expect.stringMatching(/^\/run\/secrets\//)])
      }
    for (const [name, { file }] of Object.entries(secrets)) expect([name, file]).toEqual([name, expect.stringMatching(/^\.\/secrets\//)])
    expect(readFileSync(join(ROOT, '.gitignore'), 'utf8').split('\n')).toContain('secrets/')
  })

  it('has only settings that the gateway knows', () => {
    const { BERTH_DATABASE_URL_FILE, ...rest } = gateway?.environment ?? {}
    expect(BERTH_DATABASE_URL_FILE).toBe('/run/secrets/database_url')
    expect(loadConfig({ ...rest, BERTH_DATABASE_URL: 'postgres://x' })).toMatchObject({ BERTH_DOCKER_HOST: 'unix:///var/run/docker.sock' })
  })

  it('leaves the gateway more time to stop than it takes to drain', () => {
    expect(Number.parseInt(gateway?.stop_grace_period ?? '0')).toBeGreaterThan(loadConfig({}).BERTH_DRAIN_SECONDS)
  })
})

// By its text only: `RUN npm ci` needs a package registry, which an engine without a network does not reach, and the base
// image needs a hub.
describe('the Dockerfile', () => {
  const stages = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .join('\n')
    .split(/^(?=FROM )/m)
  const last = stages.at(-1)!

  it('leaves the compiler and its packages behind', () => {
    expect(stages).toHaveLength(2)
    expect(stages[0]).toContain('npm prune --omit=dev')
    expect(last).not.toMatch(/^RUN .*npm/m)
    expect(last).not.toMatch(/^COPY (?!--from=build)/m)
  })

  it('does not run as root, and takes no secret', () => {
    expect([...last.matchAll(/^USER (.*)$/gm)].at(-1)?.[1]).toBe('node')
    expect(stages.join('')).not.toMatch(/^(ARG|ENV) .*(PASSWORD|SECRET|TOKEN)/m)
  })

  it('starts node itself, so that signals reach it', () => {
    expect(last).toMatch(/^CMD \["node", "dist\/main\.js"\]$/m)
    expect(last).toMatch(/^HEALTHCHECK /m)
  })

  it('copies everything that the build and the running gateway read', () => {
    // the reference page and /api/v1/openapi.json are served from api/
    expect(last).toMatch(/^COPY --from=build \/app\/api \.\/api$/m)
  })

  it('is built from a context without secrets, data and packages', () => {
    const [first, ...allowed] = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n').filter(Boolean)
    expect(first).toBe('*')
    const copied = [...stages[0]!.matchAll(/^COPY (.*) \S+$/gm)].flatMap(([, paths]) => paths!.split(' '))
    expect(
      allowed
        .filter((line) => line.startsWith('!'))
        .map((line) => line.slice(1))
        .sort(),
    ).toEqual(copied.sort())
  })
})
