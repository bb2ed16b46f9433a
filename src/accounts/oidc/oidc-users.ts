import { Injectable, Logger } from '@nestjs/common'
import { createHash, randomUUID } from 'node:crypto'
import { nowIso } from '../../common/clock.js'
import { AppError } from '../../common/errors.js'
import { isUniqueViolation } from '../../store/database.js'
import { IdentityStore } from '../../store/identities.store.js'
import type { UserRow } from '../../store/schema.js'
import { UserStore } from '../../store/users.store.js'
import { RESERVED_USERNAMES, SERVICE_PREFIX, USERNAME } from '../dto/fields.js'
import type { OidcIdentity } from './oidc-client.js'

/** No password has this hash: who comes from a provider has none, until an administrator sets one. */
const NO_PASSWORD = '-'

/** Users by what they are at the provider: by issuer and subject, and never by a name that the provider gave them. */
@Injectable()
export class OidcUsers {
  private readonly logger = new Logger('oidc')

  constructor(
    private readonly identities: IdentityStore,
    private readonly users: UserStore,
  ) {}

  /** The user, made at their first login. @throws AppError CONFLICT when no name is left for them */
  async of(identity: OidcIdentity): Promise<UserRow> {
    const known = await this.identities.user(identity.issuer, identity.subject)
    if (known) return known
    const wanted = usernameOf(identity.username)
    // A local user of that name is somebody else, whatever the provider says.
    for (const username of [wanted, `${wanted.slice(0, 50)}-${tag(identity)}`]) {
      if (await this.users.byUsername(username)) continue
      const made = await this.make(identity, username)
      if (made) return made
    }
    throw new AppError('CONFLICT', { reason: 'no user name is left for this account' })
  }

  private async make(identity: OidcIdentity, username: string): Promise<UserRow | null> {
    const at = nowIso()
    const user: UserRow = {
      id: randomUUID(),
      username,
      display_name: displayNameOf(identity.displayName) || username,
      password_hash: NO_PASSWORD,
      host_role: null,
      disabled: 0,
      created_at: at,
      credentials_at: at,
      kind: 'user',
      team_id: null,
    }
    try {
      await this.identities.insert(user, { issuer: identity.issuer, subject: identity.subject, user_id: user.id, created_at: at })
      this.logger.log({ username }, 'a user was made at their first login')
      return user
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      // Two logins at once: the other one has made it.
      return this.identities.user(identity.issuer, identity.subject)
    }
  }
}

/** A user name of ours that looks like theirs: `Ann.Lee@example.org` is `ann.lee`. */
export function usernameOf(claim: string): string {
  const slug = claim
    .split('@')[0]!
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replaceAll(/^[^a-z0-9]+|-+$/g, '')
    .slice(0, 63)
  return USERNAME.test(slug) && !RESERVED_USERNAMES.includes(slug) && !slug.startsWith(SERVICE_PREFIX) ? slug : 'user'
}

function displayNameOf(claim: string): string {
  return claim
    .replaceAll(/[\p{Cc}\p{Cs}\p{Bidi_Control}]/gu, '')
    .trim()
    .slice(0, 100)
}

function tag({ issuer, subject }: OidcIdentity): string {
  return createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest('hex')
    .slice(0, 8)
}
