import { Injectable } from '@nestjs/common'
import { jwtVerify, SignJWT } from 'jose'
import { randomBytes } from 'node:crypto'
import { nowIso } from '../common/clock.js'
import { Config } from '../config/config.js'
import { SettingsStore } from '../store/settings.store.js'
import type { LoginResponse } from './dto/auth.dto.js'
import { newRefreshToken, sessionOfRefreshToken, sha256 } from './secrets.js'

/** What an access token says. */
export interface AccessClaims {
  readonly userId: string
  readonly sessionId: string
  readonly expiresAt: Date
}

/** A refresh token, and what the session's row keeps of it. */
export interface RefreshToken {
  readonly token: string
  readonly hash: string
  readonly expiresAt: string
}

interface Keys {
  readonly access: Buffer
  readonly refresh: Buffer
}

/** The one algorithm: what a token's own header asks for is never believed. */
const ALGORITHM = 'HS256'

/** The two tokens of a login session: a short-lived access token (JWT, RFC 7519) and the refresh token that renews both. */
@Injectable()
export class SessionTokens {
  private loading: Promise<Keys> | undefined

  constructor(
    private readonly settings: SettingsStore,
    private readonly config: Config,
  ) {}

  /** What a login answers. */
  async login(userId: string, sessionId: string, refresh: RefreshToken): Promise<LoginResponse> {
    const { access } = await this.keys()
    const now = Math.floor(Date.now() / 1000)
    const expires = now + this.config.BERTH_ACCESS_TOKEN_TTL
    const accessToken = await new SignJWT({ sid: sessionId })
      .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
      .setSubject(userId)
      .setIssuedAt(now)
      .setExpirationTime(expires)
      .sign(access)
    return { accessToken, refreshToken: refresh.token, expiresAt: new Date(expires * 1000).toISOString() }
  }

  /** Null for everything that is not a valid access token of ours: malformed, signed otherwise, expired. */
  async readAccess(token: string): Promise<AccessClaims | null> {
    const { access } = await this.keys()
    const verified = await jwtVerify(token, access, { algorithms: [ALGORITHM], requiredClaims: ['sub', 'sid', 'exp'] }).catch(() => null)
    if (!verified) return null
    const { sub, sid, exp } = verified.payload
    return typeof sub === 'string' && typeof sid === 'string' && exp !== undefined
      ? { userId: sub, sessionId: sid, expiresAt: new Date(exp * 1000) }
      : null
  }

  async newRefresh(sessionId: string): Promise<RefreshToken> {
    const token = newRefreshToken(sessionId, (await this.keys()).refresh)
    return { token, hash: sha256(token), expiresAt: nowIso(this.config.BERTH_REFRESH_TOKEN_TTL * 1000) }
  }

  /** The session that a refresh token was made for, be it the present one or an old one; null for what was not made here. */
  async sessionOfRefresh(token: string): Promise<string | null> {
    return sessionOfRefreshToken(token, (await this.keys()).refresh)
  }

  private async keys(): Promise<Keys> {
    this.loading ??= this.load()
    // A database that was down once must not leave a rejected promise for ever.
    this.loading.catch(() => {
      this.loading = undefined
    })
    return this.loading
  }

  private async load(): Promise<Keys> {
    const key = async (name: string) =>
      Buffer.from(await this.settings.getOrCreate(name, () => randomBytes(32).toString('base64')), 'base64')
    return { access: await key('access_token_key'), refresh: await key('refresh_token_key') }
  }
}
