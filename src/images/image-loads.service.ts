import { Injectable } from '@nestjs/common'
import { isDeepStrictEqual } from 'node:util'
import type { Grant } from '../access/index.js'
import type { BytesIn } from '../common/bytes.js'
import { AppError } from '../common/errors.js'
import { type ImageReference, parseImageReference } from '../common/image-reference.js'
import { Config } from '../config/config.js'
import { Engine } from '../engine/index.js'
import type { Job, JobContext } from '../jobs/index.js'
import { inflated } from './archive/inflate.js'
import { type ArchivedImage, LoadArchive } from './archive/load-archive.js'
import { refused } from './archive/refused.js'
import type { LoadImagesQuery } from './dto/archive.query.js'
import { HoldingTags } from './holding-tags.js'
import { layerStep } from './layer-steps.js'
import { assertTagged, type Made, NewContent } from './new-content.js'
import type { TagName } from './scratch.js'
import { sending, UploadJobs } from './upload.js'

/** For whom, and what the archive's image shall be called if not as the archive says. */
interface LoadRequest {
  readonly teamId: string
  readonly creatorId: string
  readonly reference: ImageReference | null
}

/** One reference that the archive fills. */
interface Loading {
  readonly id: string
  readonly reference: ImageReference
  readonly work: TagName
  readonly diffIds: readonly string[]
}

/** Images out of an archive of `docker save`, of this gateway's or of any engine's. */
@Injectable()
export class ImageLoads {
  private readonly limit: number

  constructor(
    private readonly uploads: UploadJobs,
    private readonly engine: Engine,
    private readonly holding: HoldingTags,
    private readonly content: NewContent,
    config: Config,
  ) {
    this.limit = config.BERTH_ARCHIVE_BYTES
  }

  /** Takes the archive and starts the load. @throws AppError INVALID_REFERENCE; what is wrong with the archive is in the job */
  async load(grant: Grant<'ImageLoad'>, query: LoadImagesQuery, body: BytesIn): Promise<Job> {
    const { team } = grant.target
    const reference = query.reference === undefined ? null : parseImageReference(query.reference)
    if (reference) assertTagged(reference, '/query/reference')
    const request = { teamId: team.id, creatorId: grant.principal.userId, reference }
    const subject: Record<string, string> = reference ? { reference: reference.familiar } : {}
    return this.uploads.start(grant, { kind: 'images.load', team, subject }, body, async (job, chunks) => ({
      images: await this.run(request, job, chunks),
    }))
  }

  private async run(request: LoadRequest, job: JobContext, chunks: AsyncIterable<Uint8Array>): Promise<Made[]> {
    let loading: Loading[] = []
    const tagsFor = (images: readonly ArchivedImage[]): string[][] => {
      loading = this.plan(request, images)
      return images.map(({ id }) => loading.filter((each) => each.id === id).map(({ work }) => tagOf(work)))
    }
    try {
      const archive = new LoadArchive(inflated(chunks, this.limit), { limit: this.limit, tagsFor })
      await sending(archive.chunks(), (tar) => this.send(tar, job))
      await job.confirm()
      return await this.take(request, loading)
    } finally {
      for (const { work } of loading) await this.holding.endWork(work)
    }
  }

  private async send(tar: AsyncIterable<Uint8Array>, { signal, report }: JobContext): Promise<void> {
    for await (const event of this.engine.images.load(tar, { signal })) {
      const step = layerStep(event)
      if (step) report(step)
    }
    signal.throwIfAborted()
  }

  /** Which references the archive's names are. @throws AppError ARCHIVE_REFUSED, INVALID_REFERENCE */
  private plan({ teamId, reference }: LoadRequest, images: readonly ArchivedImage[]): Loading[] {
    if (reference && images.length > 1) throw refused(`it has ${images.length} images, which can not all be ${reference.familiar}`)
    const found = new Map<string, Omit<Loading, 'work'>>()
    for (const { id, names, diffIds } of images) {
      const wanted = reference ? [reference] : names.map((name) => parsed(name))
      if (wanted.length === 0) throw refused('an image has no name: say what it is to be called, by ?reference=')
      for (const each of wanted) {
        const before = found.get(each.normalised)
        if (before && before.id !== id) throw refused('two images have one name', each.familiar)
        if (!before) found.set(each.normalised, { id, reference: each, diffIds })
      }
    }
    // only now: a tag of work must come to an end
    return [...found.values()].map((each) => ({ ...each, work: this.holding.work(this.holding.place(teamId, each.reference.normalised)) }))
  }

  private async take({ teamId, creatorId }: LoadRequest, loading: readonly Loading[]): Promise<Made[]> {
    // all of them first: a lie of the engine must not leave a half of the archive
    for (const { id, work, diffIds } of loading) {
      const { Id, RootFS } = await this.engine.images.inspect(tagOf(work))
      // of the same bytes, but read by other rules: it would be made of layers that were never sent, and are another team's
      if (!isDeepStrictEqual(RootFS.Layers ?? [], diffIds))
        throw refused('the engine reads the configuration of an image differently than the gateway')
      if (Id !== id) throw new AppError('IMPORT_FAILED', { reason: 'the engine made another image than the archive has' })
    }
    for (const { id, reference } of loading) await this.content.point({ teamId, reference, creatorId }, id)
    return loading.map(({ id, reference }) => ({ reference: reference.familiar, id }))
  }
}

function parsed(name: string): ImageReference {
  try {
    const reference = parseImageReference(name)
    assertTagged(reference, '')
    return reference
  } catch {
    throw refused('an image has a name that can not be used', name)
  }
}

function tagOf({ repository, tag }: TagName): string {
  return `${repository}:${tag}`
}
