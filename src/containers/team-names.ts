import type { Inventory } from '../engine/index.js'
import type { OwnershipRow } from '../store/schema.js'
import type { TeamNames } from './container-view.js'

/** Names out of the rows of volumes and networks. */
export function namesOf(rows: readonly OwnershipRow[], { networks }: Pick<Inventory, 'networks'>): TeamNames {
  const byId = new Map(rows.map((row) => [`${row.kind} ${row.engine_id}`, row.name]))
  const known = rows.flatMap((row) => (row.kind === 'network' && networks.get(row.engine_id ?? '')) || [])
  const idOf = new Map(known.map(({ engineName, id }) => [engineName, id]))
  return {
    volume: (engineName) => byId.get(`volume ${engineName}`) ?? null,
    // Before its first start the engine tells no id.
    network: ({ networkId, engineName }) => byId.get(`network ${networkId || idOf.get(engineName)}`) ?? null,
  }
}

/** Of what belongs to no team. */
export const NO_NAMES: TeamNames = { volume: () => null, network: () => null }
