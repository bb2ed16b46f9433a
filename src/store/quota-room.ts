import type { Transaction } from 'kysely'
import { AppError } from '../common/errors.js'
import type { ContainerWants, QuotaLimits, QuotaResource } from '../common/quota.js'
import type { OwnedKind, Schema } from './schema.js'

/**
 * Whether a team has room for one more. All of it within the transaction that takes the room, after `lockTeam`: of those who
 * ask at once, each sees what the one before took. Use is counted from the rows themselves, so a crash can't leave a count behind.
 */

const COUNTED: Readonly<Partial<Record<OwnedKind, QuotaResource>>> = { container: 'containers', volume: 'volumes', network: 'networks' }

/** The network that every team has by itself. */
const OWN_NETWORK = 'default'

export async function limitsOf(tx: Transaction<Schema>, teamId: string): Promise<QuotaLimits> {
  const row = await tx.selectFrom('quotas').select('limits').where('team_id', '=', teamId).executeTakeFirst()
  return row ? (JSON.parse(row.limits) as QuotaLimits) : {}
}

/** @throws AppError QUOTA_EXCEEDED */
export async function assertRoomForObject(
  tx: Transaction<Schema>,
  teamId: string,
  { kind, name }: { kind: OwnedKind; name: string },
  more = 1,
): Promise<void> {
  const resource = COUNTED[kind]
  const limit = resource && (await limitsOf(tx, teamId))[resource]
  if (resource === undefined || limit === undefined || (kind === 'network' && name === OWN_NETWORK)) return
  assertRoom(resource, { used: await countObjects(tx, teamId, kind), more, limit })
}

/** @throws AppError QUOTA_EXCEEDED */
export async function assertRoomForJob(tx: Transaction<Schema>, teamId: string): Promise<void> {
  const { jobs: limit } = await limitsOf(tx, teamId)
  if (limit !== undefined) assertRoom('jobs', { used: await countJobs(tx, teamId), more: 1, limit })
}

/** @throws AppError QUOTA_EXCEEDED for the first resource that the others of the team leave too little of */
export async function assertRoomForContainer(tx: Transaction<Schema>, teamId: string, uid: string, wants: ContainerWants): Promise<void> {
  const limits = await limitsOf(tx, teamId)
  const others = await containerUse(tx, teamId, uid)
  for (const resource of ['memory', 'cpus', 'pids', 'ports'] as const) {
    const limit = limits[resource]
    if (limit !== undefined) assertRoom(resource, { used: others[resource], more: wants[resource], limit })
  }
}

/** @throws AppError QUOTA_EXCEEDED */
export async function assertRoomToRun(tx: Transaction<Schema>, teamId: string, uid: string): Promise<void> {
  const { running: limit } = await limitsOf(tx, teamId)
  if (limit !== undefined) assertRoom('running', { used: (await containerUse(tx, teamId, uid)).running, more: 1, limit })
}

/** @throws AppError QUOTA_EXCEEDED */
export function assertRoom(resource: QuotaResource, { used, more, limit }: { used: number; more: number; limit: number }): void {
  if (used + more > limit) throw new AppError('QUOTA_EXCEEDED', { resource, used, limit, wanted: more })
}

export async function countObjects(tx: Transaction<Schema>, teamId: string, kind: OwnedKind): Promise<number> {
  let rows = tx
    .selectFrom('ownership')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('team_id', '=', teamId)
    .where('kind', '=', kind)
    .where('holds_name', '=', 1)
  if (kind === 'network') rows = rows.where('name', '!=', OWN_NETWORK)
  return (await rows.executeTakeFirstOrThrow()).n
}

export async function countJobs(tx: Transaction<Schema>, teamId: string): Promise<number> {
  const { n } = await tx
    .selectFrom('jobs')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .where('team_id', '=', teamId)
    .where('state', '=', 'running')
    .executeTakeFirstOrThrow()
  return n
}

/** Of all containers of the team but one. PostgreSQL's sums are texts, and null where there is none. */
export async function containerUse(
  tx: Transaction<Schema>,
  teamId: string,
  except: string | null,
): Promise<ContainerWants & { running: number }> {
  const rows = tx
    .selectFrom('container_use')
    .innerJoin('ownership', 'ownership.uid', 'container_use.uid')
    .where('ownership.team_id', '=', teamId)
    .where('ownership.holds_name', '=', 1)
    .where('container_use.uid', '!=', except ?? '')
  const sum = await rows
    .select((eb) => [
      eb.fn.sum('container_use.memory').as('memory'),
      eb.fn.sum('container_use.nano_cpus').as('nano_cpus'),
      eb.fn.sum('container_use.pids').as('pids'),
      eb.fn.sum('container_use.ports').as('ports'),
      eb.fn.sum('container_use.running').as('running'),
    ])
    .executeTakeFirstOrThrow()
  return {
    memory: Number(sum.memory),
    cpus: Number(sum.nano_cpus) / 1e9,
    pids: Number(sum.pids),
    ports: Number(sum.ports),
    running: Number(sum.running),
  }
}
