/** Gateways without an engine: nothing of the accounts may need one. */
import supertest, { type Test } from 'supertest'
import { Actor } from '../../support/actor.js'
import { ADMIN, type Gateway, type GatewayOptions, startGateway } from '../../support/app.js'

export const PASSWORD = 'a long enough password 1'
export const NO_ENGINE = 'unix:///nowhere/docker.sock'

export interface Login {
  readonly accessToken: string
  readonly refreshToken: string
  readonly expiresAt: string
}

export interface User {
  readonly id: string
  readonly username: string
  readonly displayName: string
  readonly hostRole: string | null
  readonly disabled: boolean
}

export interface Items<T> {
  readonly items: T[]
  readonly nextCursor: string | null
}

export function gatewayAlone(options: GatewayOptions = {}): Promise<Gateway> {
  return startGateway({ dockerHost: NO_ENGINE, ...options })
}

export function adminOf(gateway: Gateway): Promise<Actor> {
  return Actor.login(gateway, ADMIN)
}

/** A new user, logged in. */
export async function person(
  admin: Actor,
  username: string,
  options: { hostRole?: string; teams?: Record<string, string> } = {},
): Promise<Actor> {
  const { hostRole, teams = {} } = options
  const user = await admin.ok<User>('POST', '/users', { username, password: PASSWORD, ...(hostRole && { hostRole }) })
  for (const [team, role] of Object.entries(teams)) await admin.ok('PUT', `/teams/${team}/members/${username}`, { role })
  return Actor.login(admin.gateway, { username, password: PASSWORD }, user.id)
}

export function as(gateway: Gateway, accessToken: string | null): Actor {
  return new Actor(gateway, { username: 'somebody', accessToken })
}

/** A login as it comes from outside, perhaps through a proxy. */
export function tryLogin(gateway: Gateway, username: string, password: string, forwardedFor?: string): Test {
  const request = supertest(gateway.url).post('/api/v1/auth/login')
  return (forwardedFor === undefined ? request : request.set('x-forwarded-for', forwardedFor)).send({ username, password })
}

/** What an error says, but for the id of its request. */
export function withoutId(body: unknown): unknown {
  return { ...(body as object), requestId: '' }
}
