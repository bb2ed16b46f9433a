/** Registries of each kind beside the engine, and a gateway that reaches them. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { bed, type Forward } from '../../support/bed.js'
import { type Certificate, selfSigned } from '../../support/certificates.js'
import { type Scenario, scenario } from '../../support/scenario.js'
import type { Registry } from '../../support/registry.js'
import { startTokenService, type TokenService } from '../../support/token-service.js'

/** Ports in the engine's namespace that only these tests use. */
export const PORTS = { seed: 5010, basic: 5011, tls: 5012, token: 5013, tokens: 5014, far: 5015, farTls: 5016 } as const

/** Not loopback, so the engine takes neither plain http nor any certificate there. */
export const FAR = '10.254.254.5'

export const USERS = { ann: 'annual rings of a tree', bob: 'bobbing along' } as const

/** A body of an answer, as far as the tests look at it. */
export interface SavedRegistry {
  readonly id: string
  readonly team: string
  readonly name: string
  readonly url: string
  readonly address: string
  readonly username: string | null
  readonly login: string
  readonly tokenHost: string | null
}

export class RegistryWorld implements AsyncDisposable {
  readonly certificate: Certificate
  private readonly dir: string
  private readonly ends: (() => Promise<unknown>)[] = []
  private readonly routes = new Map<string, string>()

  constructor() {
    this.dir = join(bed().dir, `registries-${randomBytes(4).toString('hex')}`)
    mkdirSync(this.dir)
    this.certificate = selfSigned(this.dir, 'registry', ['IP:127.0.0.1', `IP:${FAR}`])
  }

  /** Without a login, on the same content as the others. */
  seed(): Promise<Registry> {
    return this.start({ port: PORTS.seed })
  }

  /** With htpasswd. */
  basic(): Promise<Registry> {
    return this.start({ port: PORTS.basic, users: USERS })
  }

  /** With htpasswd and a self-signed certificate. */
  tls(): Promise<Registry> {
    return this.start({ port: PORTS.tls, users: USERS, tls: this.certificate })
  }

  /** With htpasswd, plain and not, at an address that the engine does not trust by itself. */
  far(): Promise<Registry[]> {
    const plain = { port: PORTS.far, users: USERS, address: FAR }
    return Promise.all([this.start(plain), this.start({ ...plain, port: PORTS.farTls, tls: this.certificate })])
  }

  /** With a token service on another port. */
  async token(): Promise<{ registry: Registry; tokens: TokenService }> {
    const tokens = await startTokenService(bed().engine, { port: PORTS.tokens, users: USERS, signedBy: this.certificate })
    this.ends.push(() => tokens.stop())
    await this.forward(tokens.host, PORTS.tokens)
    return { registry: await this.start({ port: PORTS.token, tokens: { realm: tokens.realm, signedBy: this.certificate } }), tokens }
  }

  /** A gateway that reaches all that was started: they listen in the engine's namespace, where the gateway is not. */
  async gateway(env: Readonly<Record<string, string>> = {}): Promise<Scenario> {
    const routes = [...this.routes].map(([from, to]) => `${from}=${to}`).join(',')
    const s = await scenario({ env: { BERTH_REGISTRY_ROUTES: routes, ...env } })
    this.ends.push(() => s.end())
    return s
  }

  /** The gateway first, then what it talked to. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.ends.reverse()) await end()
  }

  private async start(options: Parameters<ReturnType<typeof bed>['startRegistry']>[0]): Promise<Registry> {
    const registry = await bed().startRegistry({ storage: join(this.dir, 'content'), ...options })
    this.ends.push(() => registry.stop())
    await this.forward(registry.host, options.port, options.address)
    return registry
  }

  private async forward(host: string, port: number, address?: string): Promise<void> {
    const forward: Forward = await bed().forward(port, address)
    this.ends.push(() => forward.close())
    this.routes.set(host, `127.0.0.1:${forward.port}`)
  }
}
