import type { Transaction } from 'kysely'
import { AppError } from '../common/errors.js'
import type { Schema } from './schema.js'

/**
 * Holds the team's row until the transaction ends, so that a team is not deleted while something is being made in it.
 * An update that changes nothing is the one row lock that both databases spell the same.
 * @throws AppError NOT_FOUND when it was deleted in the meantime
 */
export async function lockTeam(tx: Transaction<Schema>, teamId: string): Promise<void> {
  const locked = await tx
    .updateTable('teams')
    .set((eb) => ({ display_name: eb.ref('display_name') }))
    .where('id', '=', teamId)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  if (locked.numUpdatedRows === 0n) throw new AppError('NOT_FOUND')
}
