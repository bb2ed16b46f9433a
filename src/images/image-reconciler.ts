import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { Engine, Passes } from '../engine/index.js'
import { ImageReferenceStore, LIBRARY } from '../store/image-references.store.js'
import type { ImageReferenceRow } from '../store/schema.js'
import { TeamStore } from '../store/teams.store.js'
import { type HoldingTag, HoldingTags, isCode } from './holding-tags.js'
import { Leftovers } from './leftovers.js'

/**
 * Holds references and holding tags to each other: a row whose content was removed beside the gateway goes, a row that lost
 * its tag gets it again, a tag without a row is dropped once no container needs it. Touches no other tags, and none of
 * another installation: theirs carry uids that we do not know.
 */
@Injectable()
export class ImageReconciler implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('images')
  private readonly passes: Passes

  constructor(
    private readonly engine: Engine,
    private readonly store: ImageReferenceStore,
    private readonly teams: TeamStore,
    private readonly holding: HoldingTags,
    private readonly leftovers: Leftovers,
  ) {
    this.passes = new Passes(engine, this.logger, () => this.pass())
  }

  onApplicationBootstrap(): void {
    this.passes.start()
  }

  onApplicationShutdown(): Promise<void> {
    return this.passes.stop()
  }

  /** One pass, after those under way; never rejects. */
  run(): Promise<void> {
    return this.passes.run()
  }

  private async pass(): Promise<void> {
    await this.leftovers.sweep()
    const rows = await this.store.everything()
    const places = new Map(rows.map((row) => [this.placeOf(row), row]))
    const tags = await this.ownTags()
    const held = new Set(tags.filter((tag) => tag.current && places.get(tag.place)?.content_id === tag.contentId).map((tag) => tag.place))
    for (const [place, row] of places) if (!held.has(place)) await this.restore(place, row)
    for (const tag of tags) if (!tag.inUse && (!held.has(tag.place) || !tag.current)) await this.dropStray(tag)
  }

  private async ownTags(): Promise<HoldingTag[]> {
    const teams = await this.teams.all()
    const owners = new Set([LIBRARY, ...teams.map((team) => team.id)].map((id) => this.holding.owner(id)))
    return (await this.holding.present()).filter((tag) => owners.has(tag.owner))
  }

  private restore(place: string, row: ImageReferenceRow): Promise<void> {
    return this.store.alone(place, async () => {
      const [now] = await this.store.byReference(row.reference, { teamIds: [row.team_id] })
      if (now?.content_id !== row.content_id) return
      try {
        await this.holding.hold(place, row.content_id)
      } catch (error) {
        if (!isCode(error, 'NOT_FOUND')) throw error
        await this.store.remove(now.uid)
        this.logger.warn({ team: row.team_id, reference: row.reference }, 'the content of a reference was removed beside the gateway')
      }
    })
  }

  /** The inventory may be older than the row, so both are looked at again under the reference's lock. */
  private dropStray(tag: HoldingTag): Promise<void> {
    return this.store.alone(tag.place, async () => {
      const row = (await this.store.everything()).find((each) => this.placeOf(each) === tag.place)
      const entry = this.engine.inventory.images.get(tag.contentId)
      if ((row && tag.current) || !entry?.tags.includes(tag.tag)) return
      // the last tag of what a container uses can't go without force, and force is not for us
      if (entry.tags.length === 1 && this.isUsed(tag.contentId)) return
      await this.holding.release(tag.tag, tag.contentId)
    })
  }

  private isUsed(contentId: string): boolean {
    return this.engine.inventory.containers.all().some((container) => container.imageId === contentId)
  }

  private placeOf(row: ImageReferenceRow): string {
    return this.holding.place(row.team_id, row.reference)
  }
}
