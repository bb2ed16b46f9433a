/** A real OpenID provider on loopback, and a browser that goes through a login there. */
import { Provider } from 'oidc-provider'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKeyPairSync } from 'node:crypto'

export interface Account {
  readonly sub: string
  readonly preferred_username?: string
  readonly name?: string
  readonly groups?: readonly string[]
}

export const CLIENT = { id: 'berth', secret: 'a secret between two machines' } as const

/** Whoever logs in is `account`, or is refused where there is none. */
export class TestProvider implements AsyncDisposable {
  account: Account | null = null

  private constructor(
    private readonly server: Server,
    readonly issuer: string,
  ) {}

  /** @param redirectUri where the gateway is */
  static async start(redirectUri: string): Promise<TestProvider> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const self = new TestProvider(server, issuer)
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const provider = new Provider(issuer, {
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          redirect_uris: [redirectUri],
          grant_types: ['authorization_code'],
          response_types: ['code'],
        },
      ],
      jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'k1' }] },
      cookies: { keys: ['test'] },
      ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
      pkce: { required: () => true },
      // in userinfo alone, as providers do by default
      claims: { openid: ['sub'], profile: ['preferred_username', 'name', 'groups'], email: ['email'] },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
      findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ ...self.account, sub }) }),
      loadExistingGrant: async (ctx) => {
        const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client!.clientId, accountId: ctx.oidc.session!.accountId! })
        grant.addOIDCScope('openid profile email')
        await grant.save()
        return grant
      },
    })
    const callback = provider.callback()
    server.on('request', (request, response) => {
      if (!request.url!.startsWith('/interaction/')) return void callback(request, response)
      const result = self.account
        ? { login: { accountId: self.account.sub, remember: false } }
        : { error: 'access_denied', error_description: 'not you' }
      void provider.interactionFinished(request, response, result)
    })
    return self
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

/** Follows redirects one by one, with a cookie jar for each host. */
export class Browser {
  private readonly jars = new Map<string, Map<string, string>>()

  /** From the gateway's login to the address that the provider sends the browser back to, which it does not follow. */
  async toCallback(gateway: string): Promise<string> {
    let url = `${gateway}/api/v1/auth/oidc/login`
    for (let hop = 0; hop < 10; hop++) {
      const { status, headers } = await this.get(url)
      const location = headers.get('location')
      if (status < 300 || status >= 400 || location === null) throw new Error(`${url} answered ${status}`)
      url = new URL(location, url).href
      if (url.startsWith(`${gateway}/api/v1/auth/oidc/callback`)) return url
    }
    throw new Error('too many redirects')
  }

  async get(url: string): Promise<Response> {
    const { host } = new URL(url)
    const jar = this.jars.get(host) ?? new Map<string, string>()
    this.jars.set(host, jar)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { redirect: 'manual', headers: cookie ? { cookie } : {} })
    for (const set of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(set)!
      if (value === '' || /max-age=0(;|$)/i.test(set)) jar.delete(name!)
      else jar.set(name!, value!)
    }
    return response
  }

  cookies(url: string): ReadonlyMap<string, string> {
    return this.jars.get(new URL(url).host) ?? new Map()
  }
}
