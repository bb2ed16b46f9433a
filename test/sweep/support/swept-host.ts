/** A host of its own for a sweep: an engine, a gateway before it, three teams of the three profiles, and the command. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'vitest'
import { ROOT } from '../../../scripts/setup.mjs'
import { pull } from '../../adversarial/support/field.js'
import { GatewayProcess } from '../../faults/support/gateway-process.js'
import { Actor } from '../../support/actor.js'
import { bed, type Forward } from '../../support/bed.js'
import type { PrivateEngine } from '../../support/private-engine.js'

const PASSWORD = 'a long enough password 1'
/** Ends at once when it is told to. */
export const LIVES = ['sh', '-c', 'trap exit TERM; while :; do sleep 0.2; done']

export interface SweptTeam {
  readonly id: string
  readonly name: string
  /** Its maintainer. */
  readonly dev: Actor
  /** Has to be said where the profile does not allow root. */
  readonly user: { readonly user?: string }
  readonly profile: TeamProfile
}

interface TeamProfile {
  readonly profile: string
  readonly expiresAt?: string
  readonly granted?: object
}

export class SweptHost {
  readonly teams: SweptTeam[] = []

  private constructor(
    readonly engine: PrivateEngine,
    readonly gateway: GatewayProcess,
    readonly root: Actor,
    private readonly registry: Forward,
  ) {}

  static async start(): Promise<SweptHost> {
    const [engine, registry] = await Promise.all([bed().startEngine(), bed().forward(5000)])
    // a login that fails must not lock out those that follow: each says another address
    const env = {
      BERTH_TRUSTED_PROXIES: '127.0.0.1',
      BERTH_LOG_LEVEL: 'warn',
      BERTH_REGISTRY_ROUTES: `${bed().registryHost}=127.0.0.1:${registry.port}`,
    }
    const gateway = await GatewayProcess.start({ dockerHost: engine.dockerHost, env })
    const host = new SweptHost(engine, gateway, await gateway.admin(), registry)
    await host.populate('plain', { profile: 'baseline' })
    await host.populate('strict', { profile: 'restricted' })
    await host.populate('loose', { profile: 'privileged', expiresAt: tomorrow(), granted: { capabilities: ['NET_ADMIN'] } })
    return host
  }

  async end(): Promise<void> {
    await this.gateway.stop()
    await this.registry.close()
    await this.engine.purge()
  }

  /** A team with one of everything. */
  async populate(
    name: string,
    profile: { readonly profile: string; readonly expiresAt?: string; readonly granted?: object },
  ): Promise<SweptTeam> {
    const { id } = await this.root.ok<{ id: string }>('POST', '/teams', { name })
    await this.root.ok('PUT', `/teams/${name}/profile`, profile)
    const user = await this.root.ok<{ id: string }>('POST', '/users', { username: `${name}-dev`, password: PASSWORD })
    await this.root.ok('PUT', `/teams/${name}/members/${user.id}`, { role: 'maintainer' })
    const dev = await Actor.login(this.gateway.gateway, { username: `${name}-dev`, password: PASSWORD }, user.id)
    const team = { id, name, dev, profile, user: profile.profile === 'restricted' ? { user: '1000' } : {} }
    this.teams.push(team)
    await this.furnish(team)
    return team
  }

  /** Makes again what is not there any more. */
  async furnish({ dev, user }: SweptTeam): Promise<void> {
    if ((await dev.http.get('/images/busybox:1')).status === 404) await pull(dev, 'busybox:1')
    const make = (path: string, body: object) => dev.http.post(path).send(body)
    await make('/volumes', { name: 'data' })
    await make('/networks', { name: 'inner' })
    await make('/containers?start=true', { name: 'web', image: 'busybox:1', command: LIVES, ...user })
  }

  /** Runs the command as an operator would. */
  sweep(options: readonly string[] = [], settings: Readonly<Record<string, string>> = {}): Promise<{ code: number; output: string }> {
    const own = { BERTH_DOCKER_HOST: this.engine.dockerHost, BERTH_DATA_DIR: this.gateway.dataDir }
    const env = { PATH: process.env['PATH'], ...own, ...settings }
    return new Promise((resolve) => {
      execFile(process.execPath, [join(ROOT, 'dist/sweep/main.js'), ...options], { env }, (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr }),
      )
    })
  }

  /** @returns what the sweep says of it */
  async assertInOrder(...options: readonly string[]): Promise<string> {
    const { code, output } = await this.sweep(options)
    expect(code, output).toBe(0)
    return output
  }
}

export function tomorrow(): string {
  return new Date(Date.now() + 86_400_000).toISOString()
}
