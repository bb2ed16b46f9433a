import { Injectable, Logger } from '@nestjs/common'
import * as oidc from 'openid-client'
import { AppError } from '../../common/errors.js'
import { Config } from '../../config/config.js'
import { type MappedRoles, rolesOf } from './group-roles.js'

/** What is said to the provider is believed only back from the same browser: kept in its cookie, sealed. */
export interface OidcAttempt {
  readonly state: string
  readonly nonce: string
  /** PKCE, RFC 7636. */
  readonly verifier: string
}

/** Who somebody is at the provider. */
export interface OidcIdentity {
  readonly issuer: string
  /** Theirs for ever; a name may change hands. */
  readonly subject: string
  readonly username: string
  readonly displayName: string
  /** By their groups. */
  readonly roles: MappedRoles
}

/** How long keys and addresses of the provider are believed without asking again. */
const KNOWN_FOR_MS = 3_600_000
const TIMEOUT_S = 10

/** The OpenID provider, by authorization code with PKCE, state and nonce (OpenID Connect Core 1.0, RFC 9700). */
@Injectable()
export class OidcClient {
  private readonly logger = new Logger('oidc')
  private known: { readonly until: number; readonly provider: Promise<oidc.Configuration> } | null = null

  constructor(private readonly config: Config) {}

  /** Where the browser has to go. @throws AppError OIDC_NOT_CONFIGURED, OIDC_UNAVAILABLE */
  async begin(): Promise<{ location: string; attempt: OidcAttempt }> {
    const provider = await this.provider()
    const attempt = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() }
    const url = oidc.buildAuthorizationUrl(provider, {
      redirect_uri: this.config.BERTH_OIDC_REDIRECT_URL!,
      scope: this.config.BERTH_OIDC_SCOPES.join(' '),
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(attempt.verifier),
      code_challenge_method: 'S256',
    })
    return { location: url.href, attempt }
  }

  /** @throws AppError OIDC_NOT_CONFIGURED, OIDC_REFUSED, OIDC_UNAVAILABLE */
  async finish(answer: URLSearchParams, { state, nonce, verifier }: OidcAttempt): Promise<OidcIdentity> {
    const provider = await this.provider()
    const url = new URL(this.config.BERTH_OIDC_REDIRECT_URL!)
    url.search = answer.toString()
    try {
      const tokens = await oidc.authorizationCodeGrant(provider, url, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      })
      const claims = tokens.claims()!
      const more = await this.userInfo(provider, tokens.access_token, claims)
      return this.identity({ ...more, ...claims })
    } catch (error) {
      throw this.problem(error)
    }
  }

  /** Some providers put groups and names there and not into the token. */
  private async userInfo(provider: oidc.Configuration, accessToken: string, claims: oidc.IDToken): Promise<object> {
    const { BERTH_OIDC_GROUPS_CLAIM: groups, BERTH_OIDC_USERNAME_CLAIM: username } = this.config
    const enough = claims[groups] !== undefined && claims[username] !== undefined
    if (enough || !provider.serverMetadata().userinfo_endpoint) return {}
    return oidc.fetchUserInfo(provider, accessToken, claims.sub)
  }

  private identity(claims: oidc.IDToken): OidcIdentity {
    const text = (value: unknown) => (typeof value === 'string' ? value : '')
    return {
      issuer: claims.iss,
      subject: claims.sub,
      username: text(claims[this.config.BERTH_OIDC_USERNAME_CLAIM]),
      displayName: text(claims['name']),
      roles: rolesOf(this.config.BERTH_OIDC_GROUP_ROLES, texts(claims[this.config.BERTH_OIDC_GROUPS_CLAIM])),
    }
  }

  private async provider(): Promise<oidc.Configuration> {
    if (!this.config.BERTH_OIDC_ISSUER) throw new AppError('OIDC_NOT_CONFIGURED')
    if (!this.known || this.known.until < Date.now()) this.known = { until: Date.now() + KNOWN_FOR_MS, provider: this.discover() }
    try {
      return await this.known.provider
    } catch (error) {
      this.known = null
      throw this.problem(error)
    }
  }

  private discover(): Promise<oidc.Configuration> {
    const { BERTH_OIDC_ISSUER: issuer, BERTH_OIDC_CLIENT_ID: id, BERTH_OIDC_CLIENT_SECRET: secret } = this.config
    const url = new URL(issuer!)
    // The setting allows http on this host alone, where nobody listens in between.
    const execute = url.protocol === 'http:' ? [oidc.allowInsecureRequests] : []
    const authentication = secret === undefined ? oidc.None() : oidc.ClientSecretBasic(secret)
    return oidc.discovery(url, id!, undefined, authentication, { execute, timeout: TIMEOUT_S })
  }

  /** What the provider or its answer says is for the log: none of it goes to the client. */
  private problem(error: unknown): AppError {
    if (error instanceof AppError) return error
    this.logger.warn({ err: error }, 'a login at the provider failed')
    if (error instanceof oidc.AuthorizationResponseError)
      return new AppError('OIDC_REFUSED', { reason: 'the provider refused it' }, { cause: error })
    if (error instanceof oidc.ResponseBodyError && error.status < 500)
      return new AppError('OIDC_REFUSED', { reason: 'the provider does not know this code' }, { cause: error })
    if (error instanceof oidc.ClientError && error.code !== 'OAUTH_TIMEOUT' && error.code !== 'OAUTH_RESPONSE_IS_NOT_CONFORM')
      return new AppError('OIDC_REFUSED', { reason: 'the answer is not valid' }, { cause: error })
    return new AppError('OIDC_UNAVAILABLE', {}, { cause: error })
  }
}

/** A claim that is a list, or a single one. */
function texts(claim: unknown): string[] {
  return (Array.isArray(claim) ? claim : [claim]).filter((each): each is string => typeof each === 'string')
}
