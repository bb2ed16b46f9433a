import { Injectable } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import type { BytesIn } from '../common/bytes.js'
import { AppError } from '../common/errors.js'
import { TAR_END } from '../common/tar.js'
import { parseImageReference } from '../common/image-reference.js'
import { Config } from '../config/config.js'
import { Engine } from '../engine/index.js'
import type { Job, JobContext } from '../jobs/index.js'
import { inflated } from './archive/inflate.js'
import { assertUnpackable, refused } from './archive/refused.js'
import { TarPassage } from './archive/tar-passage.js'
import { assertChanges } from './changes.js'
import type { ImportImageQuery } from './dto/archive.query.js'
import { assertTagged, NewContent } from './new-content.js'
import type { TagName } from './scratch.js'
import { sending, UploadJobs } from './upload.js'

/** An image out of the tar of a root file system, such as a container's export. */
@Injectable()
export class ImageImports {
  private readonly limit: number

  constructor(
    private readonly uploads: UploadJobs,
    private readonly engine: Engine,
    private readonly content: NewContent,
    config: Config,
  ) {
    this.limit = config.BERTH_ARCHIVE_BYTES
  }

  /** Takes the tar and starts the import. @throws AppError INVALID_REFERENCE, INVALID_REQUEST; what is wrong with the tar is in the job */
  async import(grant: Grant<'ImageImport'>, query: ImportImageQuery, body: BytesIn): Promise<Job> {
    const { team } = grant.target
    const reference = parseImageReference(query.reference)
    assertTagged(reference, '/query/reference')
    assertChanges(query.changes ?? [], '/query/changes')
    const to = { teamId: team.id, reference, creatorId: grant.principal.userId }
    const request = { kind: 'images.import', team, subject: { reference: reference.familiar } }
    return this.uploads.start(grant, request, body, async (job, chunks) => ({
      ...(await this.content.make(to, job, (tag) => this.send(tag, { query, chunks, job }))),
    }))
  }

  private send(
    tag: TagName,
    { query, chunks, job }: { query: ImportImageQuery; chunks: AsyncIterable<Uint8Array>; job: JobContext },
  ): Promise<string> {
    const { message, changes = [] } = query
    return sending(this.checked(chunks), async (tar) => {
      let id: string | undefined
      for await (const { status } of this.engine.images.importTar(tar, { ...tag, changes, message, signal: job.signal }))
        if (/^sha256:[0-9a-f]{64}$/.test(status)) id = status
      job.signal.throwIfAborted()
      if (id === undefined) throw new AppError('IMPORT_FAILED', { reason: 'the engine does not say what it made' })
      return id
    })
  }

  private async *checked(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const passage = new TarPassage(inflated(chunks, this.limit), { entry: assertUnpackable })
    yield* passage.chunks()
    if (passage.entries === 0) throw refused('it is empty')
    yield TAR_END
  }
}
