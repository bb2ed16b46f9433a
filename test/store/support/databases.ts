/** Both databases that the gateway runs on, for behaviours that must be the same on each. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDatabase, type Database } from '../../../src/store/database.js'
import type { OwnershipTable, TeamsTable, UsersTable } from '../../../src/store/schema.js'
import { Postgres } from '../../support/postgres.js'

/** One kind of database; `open` may be called again for a second handle on the same data, where the kind allows that. */
export interface Opened {
  readonly open: () => Promise<Database>
  readonly close: () => Promise<void>
}

export const KINDS = ['embedded', 'postgres'] as const
export type Kind = (typeof KINDS)[number]

/** A fresh database of the kind. */
export async function fresh(kind: Kind): Promise<Opened> {
  if (kind === 'embedded') {
    const dataDir = mkdtempSync(join(tmpdir(), 'berth-store-'))
    return { open: () => openDatabase({ dataDir }), close: async () => rmSync(dataDir, { recursive: true }) }
  }
  const postgres = await Postgres.start()
  const url = await postgres.database('berth')
  return { open: () => openDatabase({ url, dataDir: '/nowhere' }), close: () => postgres.stop() }
}

export const AT = '2026-01-02T03:04:05.678Z'
export const LATER = '2026-01-02T03:04:05.679Z'

export function aUser(change: Partial<UsersTable> = {}): UsersTable {
  const id = randomUUID()
  return {
    id,
    username: `u-${id}`,
    display_name: 'Änne 名前',
    password_hash: '$argon2id$x',
    host_role: null,
    disabled: 0,
    created_at: AT,
    credentials_at: AT,
    kind: 'user',
    team_id: null,
    ...change,
  }
}

export function aTeam(change: Partial<TeamsTable> = {}): TeamsTable {
  const id = randomUUID()
  return { id, name: `t-${id}`, display_name: 'T', profile: 'baseline', created_at: AT, deleted_at: null, ...change }
}

export function aRow(teamId: string, change: Partial<OwnershipTable> = {}): OwnershipTable {
  return {
    uid: randomUUID(),
    kind: 'container',
    team_id: teamId,
    name: `n-${randomUUID()}`,
    engine_id: null,
    engine_created: null,
    witness: 'label',
    state: 'pending',
    creator_id: null,
    process_id: 'p',
    lease_until: LATER,
    created_at: AT,
    holds_name: 1,
    ...change,
  }
}
