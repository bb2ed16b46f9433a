import { LIBRARY } from './image-references.store.js'
import type { Database } from './database.js'
import type { OwnershipRow, TeamPolicyRow, TeamRow } from './schema.js'

/** One image reference of a team, and whose uid stands in the tag that holds its content. */
export interface LedgerReference {
  readonly owner: string
  readonly reference: string
  readonly contentId: string
}

/** A host folder that a team may mount. */
export interface LedgerExport {
  readonly teamId: string
  readonly path: string
  readonly readOnly: boolean
  /** When it was closed; null while it is open. */
  readonly until: string | null
}

/** A seccomp profile that an administrator named. */
export interface LedgerSeccomp {
  readonly name: string
  readonly content: string
  /** When it was changed or taken away; null for what holds now. */
  readonly until: string | null
}

/** What a team was allowed until then. */
export interface FormerPolicy extends TeamPolicyRow {
  readonly team_id: string
  readonly until: string
}

/** All that the database says about what is on the engine, read for a sweep. */
export interface Ledger {
  readonly witnessKey: string
  readonly teams: readonly TeamRow[]
  /** Pending and live. */
  readonly rows: readonly OwnershipRow[]
  readonly references: readonly LedgerReference[]
  /** Those that were closed too. */
  readonly exports: readonly LedgerExport[]
  readonly formerPolicies: readonly FormerPolicy[]
  /** Those that were changed or taken away too. */
  readonly seccomp: readonly LedgerSeccomp[]
  readonly subnets: readonly { readonly uid: string; readonly subnet: string }[]
}

/**
 * Reads it all in one transaction, so that it is of one moment.
 * @throws Error where no gateway has ever run on the database
 */
export function readLedger(db: Database): Promise<Ledger> {
  return db.transaction().execute(async (tx) => {
    const setting = async (key: string): Promise<string> => {
      const row = await tx.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst()
      if (!row) throw new Error(`the database has no ${key}: no gateway has run on it yet`)
      return row.value
    }
    const library = await setting('library_uid')
    const references = await tx.selectFrom('image_references').select(['team_id', 'reference', 'content_id']).execute()
    const exports = await tx
      .selectFrom('host_exports')
      .innerJoin('host_export_teams', 'host_export_teams.alias', 'host_exports.alias')
      .select(['team_id', 'path', 'read_only'])
      .execute()
    const closed = await tx.selectFrom('former_exports').selectAll().execute()
    return {
      witnessKey: await setting('witness_key'),
      teams: await tx.selectFrom('teams').selectAll().execute(),
      rows: await tx.selectFrom('ownership').selectAll().where('state', '!=', 'gone').execute(),
      references: references.map(({ team_id: team, reference, content_id: contentId }) => ({
        owner: team === LIBRARY ? library : team,
        reference,
        contentId,
      })),
      exports: [...exports.map((row) => ({ ...row, until: null })), ...closed].map(({ team_id: teamId, path, read_only: flag, until }) => ({
        teamId,
        path,
        readOnly: flag === 1,
        until,
      })),
      seccomp: [
        ...(await tx.selectFrom('seccomp_profiles').select(['name', 'content']).execute()).map((row) => ({ ...row, until: null })),
        ...(await tx.selectFrom('former_seccomp').selectAll().execute()),
      ],
      formerPolicies: await tx.selectFrom('former_policies').selectAll().orderBy('until').execute(),
      subnets: await tx.selectFrom('subnets').select(['uid', 'subnet']).execute(),
    }
  })
}
