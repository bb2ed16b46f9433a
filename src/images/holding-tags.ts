import { Injectable, Logger, type OnModuleInit } from '@nestjs/common'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { ProcessIdentity } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { Engine, Inventory } from '../engine/index.js'
import { LIBRARY } from '../store/image-references.store.js'
import { SettingsStore } from '../store/settings.store.js'

/** No registry can have this name (RFC 6761), so the engine never asks one about our tags. */
const ROOT = 'berth.invalid'
const HOLDING = /^(berth\.invalid\/([0-9a-f-]{36})\/[0-9a-f]{64}):([\w-]+)$/

/** Of content that is being made, by the process of this id. */
const WORK = /^w([0-9a-f-]{36})-/

/** One of our tags on the engine. */
export interface HoldingTag {
  readonly tag: string
  /** Without the last part; also the name of its reference's lock. */
  readonly place: string
  readonly owner: string
  /** The reference's present content, or one that is on its way in or out. */
  readonly current: boolean
  /** Work that needs it is under way. */
  readonly inUse: boolean
  readonly contentId: string
}

/**
 * One tag on the engine per reference of a team: `berth.invalid/<team uid>/<sha256 of the reference>:h`. It alone keeps the
 * content there; when the last of them goes, the engine removes the content, unless a container uses it. Never forced:
 * force would take the image of another team's stopped container.
 */
@Injectable()
export class HoldingTags implements OnModuleInit {
  private readonly logger = new Logger('images')
  /** Tags of work of this process. */
  private readonly working = new Set<string>()
  /** The library's own uid: two installations on one engine must not take each other's tags. */
  private library = ''

  constructor(
    private readonly engine: Engine,
    private readonly inventory: Inventory,
    private readonly settings: SettingsStore,
    private readonly process: ProcessIdentity,
  ) {}

  async onModuleInit(): Promise<void> {
    this.library = await this.settings.getOrCreate('library_uid', () => randomUUID())
  }

  /** Where the tags of this reference are; the name of its lock. */
  place(teamId: string, reference: string): string {
    return `${ROOT}/${this.owner(teamId)}/${createHash('sha256').update(reference).digest('hex')}`
  }

  owner(teamId: string): string {
    return teamId === LIBRARY ? this.library : teamId
  }

  /** Before a row is changed that a tag must follow. @throws AppError ENGINE_UNAVAILABLE */
  assertUp(): void {
    if (!this.engine.state.up) throw new AppError('ENGINE_UNAVAILABLE')
  }

  /** @throws AppError NOT_FOUND when the content is gone. */
  async hold(place: string, contentId: string): Promise<void> {
    await this.engine.images.tag(contentId, { repository: place, tag: 'h' })
    await this.inventory.refresh('image', contentId)
  }

  /** Keeps the content that a reference moves away from, until `release`: a tag that moves would leave it without an owner. */
  async keep(place: string, contentId: string): Promise<string | null> {
    const tag = `o${randomBytes(8).toString('hex')}`
    try {
      await this.engine.images.tag(contentId, { repository: place, tag })
      return `${place}:${tag}`
    } catch (error) {
      if (isCode(error, 'NOT_FOUND')) return null
      throw error
    }
  }

  /** A tag for content that is made for the reference: it stays while its process works on it, until `endWork`. */
  work(place: string): { repository: string; tag: string } {
    const tag = `w${this.process.id}-${randomBytes(8).toString('hex')}`
    this.working.add(`${place}:${tag}`)
    return { repository: place, tag }
  }

  /** Never throws: what the engine fails to do now, or does only after this, is the reconciler's. */
  async endWork({ repository, tag }: { repository: string; tag: string }): Promise<void> {
    const name = `${repository}:${tag}`
    this.working.delete(name)
    await this.engine.images.remove(name).catch((error: unknown) => {
      if (!isCode(error, 'NOT_FOUND')) this.logger.warn({ err: error, tag: name }, 'a tag of work that is over stays for the reconciler')
    })
  }

  /** Drops the tag, and with the last one the content. A container that uses it keeps both; the reconciler comes back for them. */
  async release(tag: string, contentId: string): Promise<void> {
    try {
      await this.engine.images.remove(tag)
    } catch (error) {
      if (!isCode(error, 'NOT_FOUND', 'IMAGE_IN_USE', 'CONFLICT')) throw error
    }
    await this.inventory.refresh('image', contentId)
  }

  /** All that the engine has, of every installation that uses it. */
  async present(): Promise<HoldingTag[]> {
    const alive = await this.process.alive()
    return this.inventory.images.all().flatMap(({ id, tags }) =>
      tags.flatMap((tag) => {
        const [, place, owner, last] = HOLDING.exec(tag) ?? []
        return place && owner && last
          ? [{ tag, place, owner, current: last === 'h', inUse: this.isInUse(tag, last, alive), contentId: id }]
          : []
      }),
    )
  }

  private isInUse(tag: string, last: string, alive: readonly string[]): boolean {
    const [, processId] = WORK.exec(last) ?? []
    if (processId === undefined) return false
    return processId === this.process.id ? this.working.has(tag) : alive.includes(processId)
  }
}

/** Is it an AppError with one of the codes? */
export function isCode(error: unknown, ...codes: AppError['code'][]): boolean {
  return error instanceof AppError && codes.includes(error.code)
}
