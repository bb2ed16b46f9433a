import { Injectable } from '@nestjs/common'
import { nowIso } from '../common/clock.js'
import { Database } from './database.js'
import { Locks } from './locks.js'

/** A place that a container is reached by on the host. */
export interface HostPort {
  /** Of the host, in its usual spelling; `0.0.0.0` and `::` are all of them. */
  readonly ip: string
  readonly port: number
  readonly protocol: string
}

/** Chooses with the knowledge of what is taken; what it answers is reserved. */
export type ChoosePorts = (taken: readonly HostPort[]) => readonly HostPort[]

/**
 * Host ports that containers have, running or not. A row counts as long as the container's ownership row holds its name: an end,
 * whoever brought it about, frees its ports.
 */
@Injectable()
export class HostPortStore {
  private readonly locks: Locks

  constructor(private readonly db: Database) {
    this.locks = new Locks(db)
  }

  /** What `choose` answers now belongs to the container. One at a time among all processes, since a wildcard meets every address. */
  reserve(uid: string, choose: ChoosePorts): Promise<readonly HostPort[]> {
    return this.locks.hold('host ports', () =>
      this.db.transaction().execute(async (tx) => {
        const held = tx.selectFrom('ownership').select('ownership.uid').where('holds_name', '=', 1)
        await tx.deleteFrom('host_ports').where('uid', 'not in', held).execute()
        const chosen = choose(await tx.selectFrom('host_ports').select(['ip', 'port', 'protocol']).execute())
        const rows = chosen.map(({ ip, port, protocol }) => ({ ip, port, protocol, uid, created_at: nowIso() }))
        if (rows.length > 0) await tx.insertInto('host_ports').values(rows).execute()
        return chosen
      }),
    )
  }

  /** Every port that a container has. */
  taken(): Promise<HostPort[]> {
    return this.db
      .selectFrom('host_ports')
      .innerJoin('ownership', 'ownership.uid', 'host_ports.uid')
      .select(['host_ports.ip', 'host_ports.port', 'host_ports.protocol'])
      .where('ownership.holds_name', '=', 1)
      .execute()
  }
}
