import { Injectable } from '@nestjs/common'
import type { RegistryRow } from '../store/schema.js'
import { SecretBox } from '../store/secret-box.js'
import { RegistryHttp } from './registry-http.js'
import { type RegistryIdentity, RegistrySession } from './registry-session.js'

type Owned = Pick<RegistryRow, 'id' | 'team_id' | 'url' | 'address' | 'token_host'>

/** Rows as something to talk to: the only place where passwords are sealed and opened. */
@Injectable()
export class RegistryIdentities {
  constructor(
    private readonly box: SecretBox,
    private readonly http: RegistryHttp,
  ) {}

  /** @throws AppError SECRETS_KEY_MISSING */
  session(row: RegistryRow): RegistrySession {
    return this.sessionOf(this.identity(row))
  }

  sessionOf(identity: RegistryIdentity): RegistrySession {
    return new RegistrySession(this.http, identity)
  }

  identity(row: RegistryRow): RegistryIdentity {
    const { url, address, token_host: tokenHost, ca_certificate: ca, username } = row
    const credential = username === null || row.password === null ? null : { username, password: this.box.open(row.password, context(row)) }
    return { url, address, tokenHost, ca, credential }
  }

  seal(row: Owned, password: string): Promise<string> {
    return this.box.seal(password, context(row))
  }

  isOld(row: RegistryRow): boolean {
    return row.password !== null && this.box.isOld(row.password)
  }
}

/** Everything that decides who is shown the password: a row that was changed beside the gateway opens no more. */
function context({ id, team_id: teamId, url, token_host: tokenHost }: Owned): string {
  return JSON.stringify(['registry', id, teamId, url, tokenHost])
}
