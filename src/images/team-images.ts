import { Injectable, Logger } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import { Quota } from '../access/index.js'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import { type ImageReference, parseImageReference } from '../common/image-reference.js'
import { ImageReferenceStore, LIBRARY } from '../store/image-references.store.js'
import type { ImageReferenceRow } from '../store/schema.js'
import { danglingReference, isDangling } from '../common/dangling-image.js'
import { HoldingTags, isCode } from './holding-tags.js'
import { ImageUsage } from './image-usage.js'

/** Where a team's reference shall point. */
export interface Pointing {
  readonly teamId: string
  /** Normalised. */
  readonly reference: string
  readonly contentId: string
  readonly digest: string | null
  readonly creatorId: string | null
}

interface Moved {
  readonly contentId: string
  readonly tag: string
}

interface PushedContent {
  readonly teamId: string
  readonly reference: ImageReference
  readonly contentId: string
}

/** The references of the teams: rows in the database, each with its holding tag on the engine, changed together. */
@Injectable()
export class TeamImages {
  private readonly logger = new Logger('images')

  constructor(
    private readonly store: ImageReferenceStore,
    private readonly holding: HoldingTags,
    private readonly usage: ImageUsage,
    private readonly quota: Quota,
  ) {}

  /**
   * Points the reference to the content, which must be on the engine and stay there until this is done. What it pointed to
   * goes, unless containers of the team use it: then it stays without a name.
   * @throws AppError NOT_FOUND when the content is not there, QUOTA_EXCEEDED
   */
  async point(pointing: Pointing): Promise<void> {
    if (pointing.teamId !== LIBRARY) await this.quota.image(pointing.teamId, pointing.contentId)
    const moved = await this.move(pointing)
    if (moved) await this.leave(pointing, moved)
    const dangling = await this.at(pointing.teamId, danglingReference(pointing.contentId))
    if (dangling && !isDangling(pointing)) await this.drop(dangling)
  }

  /** What the reference pointed to before, and what keeps it for now. */
  private move({ teamId, reference, contentId, digest, creatorId }: Pointing): Promise<Moved | null> {
    const place = this.holding.place(teamId, reference)
    return this.store.alone(place, async () => {
      const before = await this.at(teamId, reference)
      const moved = before && before.content_id !== contentId ? before.content_id : null
      const old = moved ? await this.holding.keep(place, moved) : null
      // the tag first: a crash between the two leaves a tag without a row, which the reconciler drops
      await this.holding.hold(place, contentId)
      await this.store.put({
        uid: randomUUID(),
        team_id: teamId,
        reference,
        content_id: contentId,
        digest,
        creator_id: creatorId,
        created_at: nowIso(),
      })
      return moved && old ? { contentId: moved, tag: old } : null
    })
  }

  /** Not within the lock of the reference: whoever holds a lock must not wait for another. */
  private async leave({ teamId, creatorId }: Pointing, { contentId, tag }: Moved): Promise<void> {
    const used = (await this.usage.byTeam(teamId, contentId)) > 0
    if (used && (await this.ofContent(teamId, contentId)).length === 0)
      await this.move({ teamId, reference: danglingReference(contentId), contentId, digest: null, creatorId })
    await this.release(tag, contentId)
  }

  /** Removes the reference; the content goes with the last holder. False: it was gone, or another content's, before. */
  drop(row: ImageReferenceRow): Promise<boolean> {
    const place = this.holding.place(row.team_id, row.reference)
    return this.store.alone(place, async () => {
      const now = await this.at(row.team_id, row.reference)
      if (now?.content_id !== row.content_id) return false
      this.holding.assertUp()
      await this.store.remove(now.uid)
      await this.release(`${place}:h`, now.content_id)
      return true
    })
  }

  /** The content of the reference has this digest at its registry now. */
  pushed({ teamId, reference, contentId }: PushedContent, digest: string): Promise<void> {
    return this.store.setDigest({ team_id: teamId, reference: reference.normalised, content_id: contentId }, digest)
  }

  /**
   * What the team means by a reference or `sha256:` id: its own first, then the library's.
   * @throws AppError NOT_FOUND, INVALID_REFERENCE
   */
  async find(teamId: string, ref: string): Promise<ImageReferenceRow> {
    const visible = { teamIds: [teamId, LIBRARY] }
    const rows = isImageId(ref) ? await this.store.byContent(ref, visible) : await this.byName(ref, visible)
    const found = rows.find((row) => row.team_id === teamId) ?? rows[0]
    if (!found) throw new AppError('NOT_FOUND')
    return found
  }

  /** As find, but null instead of NOT_FOUND. */
  async lookUp(teamId: string, ref: string): Promise<ImageReferenceRow | null> {
    try {
      return await this.find(teamId, ref)
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) return null
      throw error
    }
  }

  /** The team's own references to the content. */
  ofContent(teamId: string, contentId: string): Promise<ImageReferenceRow[]> {
    return this.store.byContent(contentId, { teamIds: [teamId] })
  }

  /** All of the team's own references. */
  all(teamId: string): Promise<ImageReferenceRow[]> {
    return this.store.inTeams({ teamIds: [teamId] })
  }

  async at(teamId: string, reference: string): Promise<ImageReferenceRow | null> {
    return (await this.store.byReference(reference, { teamIds: [teamId] }))[0] ?? null
  }

  /** The row has said it already: what the engine fails to do now is the reconciler's. */
  private async release(tag: string, contentId: string): Promise<void> {
    await this.holding
      .release(tag, contentId)
      .catch((error: unknown) => this.logger.warn({ err: error, tag }, 'a holding tag stays for the reconciler'))
  }

  private async byName(ref: string, visible: { teamIds: string[] }): Promise<ImageReferenceRow[]> {
    const parsed = parseImageReference(ref)
    const exact = await this.store.byReference(parsed.normalised, visible)
    if (parsed.digest === null || exact.length > 0) return exact
    // name@digest also finds what was pulled by tag and turned out to be that digest
    const same = await this.store.byDigest(parsed.digest, visible)
    return same.filter((row) => isOfRepository(row.reference, parsed))
  }
}

/** `sha256:<64 hex>`: the content itself. */
export function isImageId(ref: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(ref)
}

/** Is it a reference to this very repository, not to one whose name only begins like it? */
export function isOfRepository(reference: string, { registry, repository }: { registry: string; repository: string }): boolean {
  return [':', '@'].some((mark) => reference.startsWith(`${registry}/${repository}${mark}`))
}
