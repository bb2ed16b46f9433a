import { Injectable } from '@nestjs/common'
import { ProcessIdentity } from '../../access/index.js'
import { Engine, type ImageSummary, Inventory } from '../../engine/index.js'
import { LIBRARY } from '../../store/image-references.store.js'
import { JobStore } from '../../store/jobs.store.js'
import { HoldingTags, isCode } from '../holding-tags.js'
import { BUILD_LABEL } from './build-plan.js'

export const BUILD_KIND = 'images.build'
/** The engine's clock may differ from ours, and from that of other processes. */
const CLOCKS_MS = 60_000

/**
 * What the classic builder leaves: the stages that the image is not made of, and what a build came to that failed. Each such
 * content carries a label of this installation, has no name, and is older than every build that runs. The label of what was built
 * is empty: where it has no name since the build was given up in that moment, its parent tells.
 */
@Injectable()
export class BuildLeftovers {
  private readonly running = new Set<{ readonly since: number }>()

  constructor(
    private readonly engine: Engine,
    private readonly inventory: Inventory,
    private readonly jobs: JobStore,
    private readonly process: ProcessIdentity,
    private readonly holding: HoldingTags,
  ) {}

  /** The label's value; the same for every build, or none could use what another has cached. */
  get mark(): string {
    return this.holding.owner(LIBRARY)
  }

  /** Runs a build; what it leaves goes at its end. */
  async around<T>(build: () => Promise<T>): Promise<T> {
    const run = { since: Date.now() }
    this.running.add(run)
    try {
      return await build()
    } finally {
      this.running.delete(run)
      await this.sweep().catch(() => undefined)
    }
  }

  /** By the inventory, which hears late of what has no name. */
  isLikely(): boolean {
    return this.inventory.images
      .all()
      .some(
        ({ tags, digests, labels }) => tags.length === 0 && digests.length === 0 && ['', this.mark].includes(labels[BUILD_LABEL] ?? 'none'),
      )
  }

  async sweep(): Promise<void> {
    const oldest = await this.oldestRunning()
    const left = [...(await this.builtInVain()), ...(await this.engine.images.unnamed(`${BUILD_LABEL}=${this.mark}`))]
    for (const { Id, Created } of left) {
      if (Created * 1_000 >= oldest) continue
      // one that others are made of, or that a container uses, stays; parents that nothing else needs go along
      await this.engine.images.remove(Id).catch((error: unknown) => {
        if (!isCode(error, 'NOT_FOUND', 'CONFLICT', 'IMAGE_IN_USE')) throw error
      })
      await this.inventory.refresh('image', Id)
    }
  }

  private async builtInVain(): Promise<ImageSummary[]> {
    const found: ImageSummary[] = []
    for (const image of await this.engine.images.unnamed(`${BUILD_LABEL}=`)) if (await this.isMarked(image.ParentId)) found.push(image)
    return found
  }

  private async isMarked(id: string): Promise<boolean> {
    // as one that was pulled, with the label that it was built with
    if (id === '') return false
    try {
      return (await this.engine.images.inspect(id)).Config?.Labels?.[BUILD_LABEL] === this.mark
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) return false
      throw error
    }
  }

  private async oldestRunning(): Promise<number> {
    const others = (await this.jobs.running(BUILD_KIND)).filter((job) => job.process_id !== this.process.id)
    const starts = [...this.running].map(({ since }) => since).concat(others.map((job) => Date.parse(job.created_at)))
    return starts.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...starts) - CLOCKS_MS
  }
}
