import { Injectable } from '@nestjs/common'
import { type Grant, scopeOf } from '../access/index.js'
import type { BytesOut } from '../common/bytes.js'
import { AppError } from '../common/errors.js'
import { parseImageReference } from '../common/image-reference.js'
import { Engine } from '../engine/index.js'
import type { ImageReferenceRow } from '../store/schema.js'
import { LIBRARY } from '../store/image-references.store.js'
import { savedArchive } from './archive/saved-archive.js'
import type { SaveImagesQuery } from './dto/archive.query.js'
import { isDangling } from '../common/dangling-image.js'
import { isImageId, TeamImages } from './team-images.js'

/** An image to be saved, and what the archive calls it. */
interface Saving {
  readonly contentId: string
  readonly names: readonly string[]
}

/** Images as an archive of `docker save`, under the names that the team has for them. */
@Injectable()
export class ImageSaves {
  constructor(
    private readonly engine: Engine,
    private readonly images: TeamImages,
  ) {}

  /** By reference under this name, by id under all of the team's. @throws AppError NOT_FOUND when the engine lost the content */
  async save({ target }: Grant<'ImageGet'>, signal: AbortSignal): Promise<BytesOut> {
    const { team, reference, contentId } = target
    const names = reference === null ? namesOf(await this.images.ofContent(team.id, contentId)) : [reference]
    return this.archive([{ contentId, names: familiar(names) }], signal)
  }

  /** Several in one archive, which has each layer once. @throws AppError NOT_FOUND, AMBIGUOUS_REFERENCE, INVALID_REFERENCE */
  async saveAll(grant: Grant<'ImageGetAll'>, query: SaveImagesQuery, signal: AbortSignal): Promise<BytesOut> {
    const savings = await Promise.all(query.ref.map((ref) => this.find(grant, ref)))
    return this.archive(savings, signal)
  }

  private async archive(savings: readonly Saving[], signal: AbortSignal): Promise<BytesOut> {
    const names = new Map<string, string[]>()
    for (const saving of savings) names.set(saving.contentId, [...new Set([...(names.get(saving.contentId) ?? []), ...saving.names])])
    const chunks = await this.engine.images.save([...names.keys()], { signal })
    const [first] = [...names.values()].flat()
    const name = names.size === 1 && first !== undefined ? `${first.replaceAll('/', '_')}.tar` : 'images.tar'
    return { type: 'application/x-tar', name, chunks: savedArchive(chunks, names) }
  }

  private async find(grant: Grant<'ImageGetAll'>, ref: string): Promise<Saving> {
    if (!isImageId(ref)) parseImageReference(ref)
    const teams = [...scopeOf(grant).values()]
    const found = (await Promise.all(teams.map(async (team) => ({ team, row: await this.images.lookUp(team.id, ref) })))).filter(
      ({ row }) => row,
    )
    const own = found.filter(({ row }) => row!.team_id !== LIBRARY)
    const [first] = own.length > 0 ? own : found
    if (!first) throw new AppError('NOT_FOUND')
    const row = first.row!
    if (own.some((other) => other.row!.content_id !== row.content_id))
      throw new AppError('AMBIGUOUS_REFERENCE', {
        errors: own.map(({ team }) => ({ pointer: '/team', detail: `matches in team ${team.name}` })),
      })
    const names = isImageId(ref) ? namesOf(await this.images.ofContent(row.team_id, row.content_id)) : [row.reference]
    return { contentId: row.content_id, names: familiar(names) }
  }
}

function namesOf(rows: readonly ImageReferenceRow[]): string[] {
  return rows.filter((row) => !isDangling(row)).map((row) => row.reference)
}

/** Names of the archive's kind; a digest is none, since whoever loads it would have to believe it. */
function familiar(references: readonly string[]): string[] {
  return references.filter((reference) => !reference.includes('@')).map((reference) => parseImageReference(reference).familiar)
}
