import { AppError } from '../common/errors.js'
import { type Challenge, parseChallenges } from './challenge.js'
import type { RegistryAnswer, RegistryHttp } from './registry-http.js'

/** A registry, and what may be shown to it. */
export interface RegistryIdentity {
  readonly url: string
  readonly address: string
  readonly tokenHost: string | null
  readonly ca: string | null
  readonly credential: { readonly username: string; readonly password: string } | null
}

/** One question to it: `scope` is what a token has to allow, as the token specification spells it. */
export interface RegistryQuestion {
  readonly method?: 'GET' | 'HEAD' | 'DELETE'
  /** From `/v2/` on, encoded. */
  readonly path: string
  readonly scope?: string
  readonly accept?: string
  readonly limit?: number
}

/** What became of the credential. */
export type Login = 'verified' | 'not_required' | 'none'

const SMALL = 65_536

/**
 * Some questions to one registry, by the distribution specification. It is asked as a stranger first; the credential goes out
 * only when it says 401, only to the registry itself or to the token service that the team confirmed, and never along a redirect.
 */
export class RegistrySession {
  /** By scope, for as long as this session is. */
  private readonly authorizations = new Map<string, string>()

  constructor(
    private readonly http: RegistryHttp,
    readonly registry: RegistryIdentity,
  ) {}

  /** The answer to an allowed question, whatever it says. @throws AppError REGISTRY_… */
  async ask(question: RegistryQuestion): Promise<RegistryAnswer> {
    const scope = question.scope ?? ''
    let answer = await this.send(question, this.authorizations.get(scope))
    if (answer.status === 401) {
      this.authorizations.set(scope, await this.authorization(answer, scope))
      answer = await this.send(question, this.authorizations.get(scope))
    }
    if (answer.status === 401 || answer.status === 403) throw this.denied()
    return answer
  }

  /** Is it a registry, and does it take the credential? @throws AppError REGISTRY_LOGIN_FAILED among others */
  async verify(): Promise<Login> {
    const { credential, address } = this.registry
    const answer = await this.send({ path: '/v2/' })
    if (answer.status === 200) {
      assertRegistry(answer, address)
      return credential === null ? 'none' : 'not_required'
    }
    const challenge = this.challenge(answer)
    if (credential === null) return 'none'
    const again = await this.send({ path: '/v2/' }, await this.answerTo(challenge, ''))
    if (again.status !== 200) throw new AppError('REGISTRY_LOGIN_FAILED', { address })
    return 'verified'
  }

  /** Throws where it would send the credential elsewhere now, whatever it said when it was saved. */
  async assertHonest(): Promise<void> {
    const answer = await this.send({ path: '/v2/' })
    if (answer.status !== 200) this.challenge(answer)
  }

  /** A token for the scope, where the registry works with tokens; else null. */
  async token(scope: string): Promise<string | null> {
    const answer = await this.send({ path: '/v2/' })
    const challenge = answer.status === 200 ? null : this.challenge(answer)
    return challenge?.scheme === 'bearer' ? this.fetchToken(challenge, scope) : null
  }

  private async send(question: RegistryQuestion, authorization?: string): Promise<RegistryAnswer> {
    const { method = 'GET', path, accept, limit = SMALL } = question
    const url = new URL(path, this.registry.url)
    // a path that names another host would be our own mistake
    if (url.origin !== this.registry.url) throw new Error('a question to another host')
    const headers = { ...(accept !== undefined && { accept }), ...(authorization !== undefined && { authorization }) }
    const answer = await this.http.send({ method, url, headers, ca: this.registry.ca, limit })
    this.assertThere(answer)
    return answer
  }

  /** Redirects and failures are no answers. */
  private assertThere({ status, headers, body }: RegistryAnswer): void {
    const { address, url } = this.registry
    if (status >= 300 && status < 400) throw new AppError('REGISTRY_REDIRECTED', { address, host: hostOf(headers.location, url) })
    // what Go says to a plain request on a TLS port
    if (status === 400 && body.includes('HTTP request to an HTTPS server')) throw new AppError('REGISTRY_NEEDS_HTTPS', { address })
    if (status >= 500 || status === 429) throw new AppError('REGISTRY_UNREACHABLE', { address, reason: `it answers ${status}` })
  }

  private authorization(answer: RegistryAnswer, scope: string): Promise<string> {
    return this.answerTo(this.challenge(answer), scope)
  }

  private async answerTo(challenge: Challenge, scope: string): Promise<string> {
    const { credential } = this.registry
    if (challenge.scheme === 'bearer') return `Bearer ${await this.fetchToken(challenge, scope)}`
    if (credential === null) throw this.denied()
    return basic(credential)
  }

  /** The challenge that we can answer, its realm judged. */
  private challenge({ status, headers }: RegistryAnswer): Challenge {
    const { address, tokenHost } = this.registry
    if (status !== 401) throw new AppError('REGISTRY_PROTOCOL', { address, reason: `it answers ${status} to /v2/` })
    const challenges = parseChallenges(headers['www-authenticate'])
    // the engine prefers a token too
    const found = challenges.find(({ scheme }) => scheme === 'bearer') ?? challenges.find(({ scheme }) => scheme === 'basic')
    // where another host makes the tokens, the password is for that host alone
    if (found?.scheme === 'basic' && tokenHost !== null)
      throw new AppError('REGISTRY_PROTOCOL', { address, reason: `it wants the password itself, not a token of ${tokenHost}` })
    if (!found) throw new AppError('REGISTRY_PROTOCOL', { address, reason: 'it wants a login of a kind that is not known' })
    if (found.scheme === 'bearer') this.realm(found)
    return found
  }

  /** Where a registry asks tokens to be fetched, if that is itself or was confirmed: it can name any host, and would get the password there. */
  private realm({ params }: Challenge): URL {
    const { address, url, tokenHost } = this.registry
    const text = params['realm'] ?? ''
    const realm = URL.canParse(text) ? new URL(text) : null
    if (!realm || !/^https?:$/.test(realm.protocol) || realm.username || realm.password)
      throw new AppError('REGISTRY_PROTOCOL', { address, reason: 'it does not say where to log in' })
    const known = realm.host === new URL(url).host || realm.host === tokenHost
    const downgraded = realm.protocol === 'http:' && url.startsWith('https:')
    if (!known || downgraded) throw new AppError('REGISTRY_REALM_REFUSED', { address, host: downgraded ? realm.origin : realm.host })
    return realm
  }

  private async fetchToken(challenge: Challenge, scope: string): Promise<string> {
    const { address, credential, ca } = this.registry
    const url = this.realm(challenge)
    const { service } = challenge.params
    if (service !== undefined) url.searchParams.set('service', service)
    // ours, not the challenge's: a registry must not have a token made that can do more than was asked for
    if (scope !== '') url.searchParams.set('scope', scope)
    if (credential) url.searchParams.set('account', credential.username)
    const headers = { ...(credential && { authorization: basic(credential) }) }
    const answer = await this.http.send({ method: 'GET', url, headers, ca, limit: SMALL })
    this.assertThere(answer)
    if (answer.status !== 200) throw credential ? new AppError('REGISTRY_LOGIN_FAILED', { address }) : this.denied()
    return tokenOf(answer, address)
  }

  private denied(): AppError {
    const { address, credential } = this.registry
    return new AppError('REGISTRY_DENIED', { address, who: credential ? credential.username : 'anybody without a login' })
  }
}

function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** Anything may listen there: a registry says so, or at least speaks JSON. */
function assertRegistry({ headers }: RegistryAnswer, address: string): void {
  const says = headers['docker-distribution-api-version'] !== undefined || /^application\/(?:.*\+)?json/.test(headers['content-type'] ?? '')
  if (!says) throw new AppError('REGISTRY_PROTOCOL', { address, reason: 'it does not say that it is one' })
}

function tokenOf({ body }: RegistryAnswer, address: string): string {
  const answer = jsonOf(body, address) as { token?: unknown; access_token?: unknown } | null
  const token = answer?.token ?? answer?.access_token
  // printable ASCII only: it becomes a header
  if (typeof token === 'string' && /^[\x21-\x7e]{1,32768}$/.test(token)) return token
  throw new AppError('REGISTRY_PROTOCOL', { address, reason: 'its token service gives no token' })
}

/** The JSON of an answer. @throws AppError REGISTRY_PROTOCOL */
export function jsonOf(body: Buffer, address: string): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown
  } catch {
    throw new AppError('REGISTRY_PROTOCOL', { address, reason: 'it does not answer json' })
  }
}

function hostOf(location: string | undefined, base: string): string {
  return location !== undefined && URL.canParse(location, base) ? new URL(location, base).host : 'nowhere'
}
