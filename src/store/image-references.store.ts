import { Injectable } from '@nestjs/common'
import { Database } from './database.js'
import { Locks } from './locks.js'
import type { VisibleTeams } from './ownership.store.js'
import { lockTeam } from './team-lock.js'
import type { ImageReferenceRow, ImageReferencesTable } from './schema.js'

/** The pseudo team whose references every team may read and use. */
export const LIBRARY = 'library'

/** A reference that was set or moved, or removed. */
export interface ImageReferenceChange {
  readonly action: 'tag' | 'untag'
  readonly row: ImageReferenceRow
}

/** Team + normalised reference → content. The engine's own tags mean nothing to us. */
@Injectable()
export class ImageReferenceStore {
  private readonly locks: Locks

  private readonly listeners = new Set<(change: ImageReferenceChange) => void>()

  constructor(private readonly db: Database) {
    this.locks = new Locks(db)
  }

  /** Hears of every write of this process. Returns the way to stop listening. */
  onChange(listener: (change: ImageReferenceChange) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Runs the work alone among all processes: a reference's row and its tag on the engine change together. */
  alone<T>(name: string, work: () => Promise<T>): Promise<T> {
    return this.locks.hold(`image ${name}`, work)
  }

  byReference(reference: string, visible: VisibleTeams): Promise<ImageReferenceRow[]> {
    if (visible.teamIds.length === 0) return Promise.resolve([])
    return this.all().where('reference', '=', reference).where('team_id', 'in', visible.teamIds).execute()
  }

  /** References of the teams to one content. */
  byContent(contentId: string, visible: VisibleTeams): Promise<ImageReferenceRow[]> {
    if (visible.teamIds.length === 0) return Promise.resolve([])
    return this.all().where('content_id', '=', contentId).where('team_id', 'in', visible.teamIds).orderBy('reference').execute()
  }

  /** What the teams got by this manifest digest. */
  byDigest(digest: string, visible: VisibleTeams): Promise<ImageReferenceRow[]> {
    if (visible.teamIds.length === 0) return Promise.resolve([])
    return this.all().where('digest', '=', digest).where('team_id', 'in', visible.teamIds).orderBy('reference').execute()
  }

  inTeams(visible: VisibleTeams): Promise<ImageReferenceRow[]> {
    if (visible.teamIds.length === 0) return Promise.resolve([])
    return this.all().where('team_id', 'in', visible.teamIds).orderBy('reference').execute()
  }

  /** Every reference, for the reconciler. */
  everything(): Promise<ImageReferenceRow[]> {
    return this.all().execute()
  }

  /** Points the team's reference to the content. */
  async put(row: ImageReferencesTable): Promise<void> {
    const { content_id, digest, creator_id, created_at } = row
    await this.db.transaction().execute(async (tx) => {
      if (row.team_id !== LIBRARY) await lockTeam(tx, row.team_id)
      await tx
        .insertInto('image_references')
        .values(row)
        .onConflict((c) => c.columns(['team_id', 'reference']).doUpdateSet({ content_id, digest, creator_id, created_at }))
        .execute()
    })
    this.tell({ action: 'tag', row })
  }

  /** What the content was pushed as; nothing when the reference has moved on. */
  async setDigest(at: Pick<ImageReferenceRow, 'team_id' | 'reference' | 'content_id'>, digest: string): Promise<void> {
    const { team_id, reference, content_id } = at
    await this.db
      .updateTable('image_references')
      .set({ digest })
      .where('team_id', '=', team_id)
      .where('reference', '=', reference)
      .where('content_id', '=', content_id)
      .execute()
  }

  async remove(uid: string): Promise<void> {
    const row = await this.db.deleteFrom('image_references').where('uid', '=', uid).returningAll().executeTakeFirst()
    if (row) this.tell({ action: 'untag', row })
  }

  private tell(change: ImageReferenceChange): void {
    for (const listener of this.listeners) listener(change)
  }

  private all() {
    return this.db.selectFrom('image_references').selectAll()
  }
}
