import { Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import { Config, ConfigError } from '../config/config.js'
import type { UserRow } from '../store/schema.js'
import { SetupStore } from '../store/setup.store.js'
import { RESERVED_USERNAMES, SERVICE_PREFIX } from './dto/fields.js'
import { Passwords } from './passwords.js'
import { randomSecret, sameHash, sha256 } from './secrets.js'

/** The team that the first administrator begins with. */
const FIRST_TEAM = 'default'

/** The first administrator: by the setup token that the server prints, or by BERTH_ADMIN_PASSWORD. Happens once. */
@Injectable()
export class Setup implements OnApplicationBootstrap {
  constructor(
    private readonly store: SetupStore,
    private readonly passwords: Passwords,
    private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (await this.store.isDone()) return
    const { BERTH_ADMIN_USERNAME: username, BERTH_ADMIN_PASSWORD: password } = this.config
    if (password !== undefined) await this.complete(username, password).catch(asConfigError)
    else await this.printToken()
  }

  /** @throws AppError SETUP_DONE */
  async assertOpen(): Promise<void> {
    if (await this.store.isDone()) throw new AppError('SETUP_DONE')
  }

  /** Is it the token that was printed last? */
  async isToken(token: string): Promise<boolean> {
    const hash = await this.store.tokenHash()
    return hash !== null && sameHash(hash, sha256(token))
  }

  /** Makes the administrator and the first team. Null when somebody else has just done it. @throws AppError INVALID_REQUEST */
  async complete(username: string, password: string): Promise<UserRow | null> {
    this.passwords.assertAllowed(password, username)
    assertNotReserved(username)
    const at = nowIso()
    const user: UserRow = {
      id: randomUUID(),
      username,
      display_name: username,
      password_hash: await this.passwords.hash(password),
      host_role: 'admin',
      disabled: 0,
      created_at: at,
      credentials_at: at,
      kind: 'user',
      team_id: null,
    }
    const team = {
      id: randomUUID(),
      name: FIRST_TEAM,
      display_name: FIRST_TEAM,
      profile: 'baseline',
      created_at: at,
      deleted_at: null,
    } as const
    const membership = { team_id: team.id, user_id: user.id, role: 'maintainer', created_at: at }
    return (await this.store.complete({ user, team, membership })) ? user : null
  }

  /** Only its hash is kept, so each start has to make a new one. */
  private async printToken(): Promise<void> {
    const token = randomSecret()
    await this.store.setTokenHash(sha256(token))
    // Not through the logger: whoever starts the server reads it here, and no collector of logs should.
    process.stdout.write(`setup token: ${token}\n`)
  }
}

/** At start nobody sent a request: the settings are what to correct. */
function asConfigError(error: unknown): never {
  const details = error instanceof AppError ? (error.details.errors ?? []) : []
  if (details.length === 0) throw error
  const problems = details.map(({ pointer, detail }) => `BERTH_ADMIN_${pointer.slice(1).toUpperCase()}: ${detail}`)
  throw new ConfigError(problems.join('\n'))
}

/** @throws AppError INVALID_REQUEST */
export function assertNotReserved(username: string): void {
  if (RESERVED_USERNAMES.includes(username) || username.startsWith(SERVICE_PREFIX))
    throw new AppError('INVALID_REQUEST', {
      reason: 'the user name is reserved',
      errors: [{ pointer: '/username', detail: 'is reserved' }],
    })
}
