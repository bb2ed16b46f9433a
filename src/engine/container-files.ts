import { AppError } from '../common/errors.js'
import { garbage, listOf, object, parseJson, type Shape } from './answer-shape.js'
import type { EngineClient } from './client.js'
import { fullId, query } from './engine-path.js'
import { VANISHING } from './engine-texts.js'
import { type FileStat, type RawStat, statOf } from './file-stat.js'

/** The stat of a path, and its tar where it was asked for: one entry, or a folder with all that is in it. */
export interface Archive {
  readonly stat: FileStat
  /** A chunk is valid until the next is asked for. */
  readonly chunks: AsyncGenerator<Uint8Array>
}

/** One row of `GET /containers/{id}/changes`; 0: changed, 1: added, 2: removed. */
export interface FileChange {
  readonly Path: string
  readonly Kind: 0 | 1 | 2
}

const STAT_HEADER = 'x-docker-container-path-stat'
const STAT: Shape<RawStat> = object({ name: 'string', size: 'number', mode: 'number', mtime: 'string' })
const CHANGES: Shape<FileChange[]> = listOf(object({ Path: 'string', Kind: 'number' }))

/** How often what changes meanwhile is compared before that is given up. */
const WALKS = 5

interface Abortable {
  readonly signal?: AbortSignal | undefined
}

/**
 * What is in a container. Paths are the container's own: the engine resolves them, links too, within its root, and reads and
 * writes tars behind a chroot in there (20.10; CVE-2018-15664 was the time before), so no race of a running container leads out.
 */
export class ContainerFiles {
  constructor(private readonly client: EngineClient) {}

  /** What differs from the image. @throws AppError CONFLICT where its files change faster than they are walked over */
  async changes(id: string): Promise<FileChange[]> {
    for (let walk = 1; ; walk++) {
      try {
        return await this.client.json(CHANGES, (docker) => docker.getContainer(fullId(id)).changes(), { doing: { verb: 'diff' } })
      } catch (error) {
        const isVanishing = error instanceof AppError && error.details['reason'] === VANISHING
        if (!isVanishing || walk === WALKS) throw error
      }
    }
  }

  /** The whole file system, without volumes, as a tar. A chunk is valid until the next is asked for. */
  async export(id: string, { signal }: Abortable = {}): Promise<AsyncGenerator<Uint8Array>> {
    return (await this.client.openBulk(`/containers/${fullId(id)}/export`, { signal, endless: true })).chunks
  }

  /** @throws AppError FILE_NOT_FOUND */
  async stat(id: string, path: string): Promise<FileStat> {
    const { headers, chunks } = await this.client.open('HEAD', archivePath(id, { path }), { doing: { verb: 'copy', path } })
    await chunks.return(undefined)
    return statIn(headers[STAT_HEADER])
  }

  /** @throws AppError FILE_NOT_FOUND */
  async read(id: string, path: string, { signal }: Abortable = {}): Promise<Archive> {
    const { headers, chunks } = await this.client.openBulk(archivePath(id, { path }), {
      signal,
      endless: true,
      doing: { verb: 'copy', path },
    })
    try {
      return { stat: statIn(headers[STAT_HEADER]), chunks }
    } catch (error) {
      await chunks.return(undefined)
      throw error
    }
  }

  /**
   * Unpacks a tar in a folder. `keepKind`: a folder is not replaced by a file, nor the other way round.
   * @throws AppError FILE_NOT_FOUND, DISK_FULL, CONFLICT where it is read-only
   */
  async write(
    id: string,
    { path, tar, keepKind, signal }: Abortable & { path: string; tar: AsyncIterable<Uint8Array>; keepKind: boolean },
  ): Promise<void> {
    const options = { signal, upload: tar, endless: true, doing: { verb: 'copy', path } } as const
    const { chunks } = await this.client.open('PUT', archivePath(id, { path, noOverwriteDirNonDir: keepKind || undefined }), options)
    for await (const chunk of chunks) if (chunk.length > 0) throw garbage('an answer where none belongs')
  }
}

function archivePath(id: string, parameters: { path: string; noOverwriteDirNonDir?: boolean | undefined }): string {
  if (!parameters.path.startsWith('/') || parameters.path.includes('\0')) throw new AppError('INTERNAL')
  return `/containers/${fullId(id)}/archive${query(parameters)}`
}

function statIn(header: string | string[] | undefined): FileStat {
  if (typeof header !== 'string') throw garbage('no stat of the path')
  return statOf(STAT(parseJson(Buffer.from(header, 'base64').toString('utf8'))))
}
