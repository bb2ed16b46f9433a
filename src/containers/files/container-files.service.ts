import { Injectable } from '@nestjs/common'
import { posix } from 'node:path'
import type { Grant, OwnedTarget } from '../../access/index.js'
import type { BytesIn, BytesOut } from '../../common/bytes.js'
import { AppError } from '../../common/errors.js'
import { readTar } from '../../common/tar.js'
import { Engine, type FileStat } from '../../engine/index.js'
import { CheckedTar, type TarOwner, tarOfFile } from './checked-tar.js'
import type { PathQuery, ReadArchiveQuery, WriteArchiveQuery } from '../dto/archive.query.js'
import { CHANGE_KINDS, type FileChanges, type WrittenArchive } from '../dto/archive.response.js'
import { statHeaders } from './file-headers.js'
import { assertFresh } from '../creation/freshness.js'

type Target = OwnedTarget<'container'>

const TAR = 'application/x-tar'
const BYTES = 'application/octet-stream'
const ROOT: TarOwner = { uid: 0, gid: 0 }

/** Files of a container, running or not: `docker cp`, `diff` and `export`. */
@Injectable()
export class ContainerFiles {
  constructor(private readonly engine: Engine) {}

  async changes({ target }: Grant<'ContainerChanges'>): Promise<FileChanges> {
    const changes = await this.engine.files.changes(target.engineId)
    return { items: changes.map(({ Path, Kind }) => ({ path: Path, kind: CHANGE_KINDS[Kind] })) }
  }

  /** Its whole file system, without what is mounted. */
  async export({ target }: Grant<'ContainerExport'>, signal: AbortSignal): Promise<BytesOut> {
    return { type: TAR, name: `${target.name}.tar`, chunks: await this.engine.files.export(target.engineId, { signal }) }
  }

  /** @throws AppError FILE_NOT_FOUND */
  async info({ target }: Grant<'ContainerArchiveInfo'>, { path }: PathQuery): Promise<Record<string, string>> {
    return statHeaders(await this.engine.files.stat(target.engineId, path))
  }

  /** @throws AppError FILE_NOT_FOUND, INVALID_REQUEST where a folder is asked for as a file */
  async read({ target }: Grant<'ContainerArchive'>, { path, as }: ReadArchiveQuery, signal: AbortSignal): Promise<BytesOut> {
    if (as === 'file') return this.readFile(target, path, signal)
    const { stat, chunks } = await this.engine.files.read(target.engineId, path, { signal })
    return { type: TAR, name: `${stat.name === '/' ? target.name : stat.name}.tar`, headers: statHeaders(stat), chunks }
  }

  /** @throws AppError FILE_NOT_FOUND, ARCHIVE_REFUSED, DISK_FULL, CONFLICT */
  async write({ target }: Grant<'PutContainerArchive'>, query: WriteArchiveQuery, body: BytesIn): Promise<WrittenArchive> {
    await assertFresh(this.engine)
    return query.as === 'file' ? this.writeFile(target, query, body) : this.writeTar(target, query, body)
  }

  private async readFile(target: Target, path: string, signal: AbortSignal): Promise<BytesOut> {
    const place = fileAt(path, await this.engine.files.stat(target.engineId, path))
    const { stat, chunks } = await this.engine.files.read(target.engineId, place, { signal })
    fileAt(place, stat)
    return { type: BYTES, name: posix.basename(path), size: stat.size, headers: statHeaders(stat), chunks: onlyFile(chunks) }
  }

  private async writeTar({ engineId }: Target, query: WriteArchiveQuery, { chunks, signal }: BytesIn): Promise<WrittenArchive> {
    const { path, noOverwriteDirNonDir: keepKind = false } = query
    const unused = (['mode', 'modified'] as const).filter((name) => query[name] !== undefined)
    if (unused.length > 0) throw wrong(unused[0]!, 'is for as=file: a tar says it itself')
    const tar = new CheckedTar(chunks, ownerOf(query))
    await this.engine.files.write(engineId, { path, tar: tar.chunks(), keepKind, signal }).catch((error: unknown) => {
      throw tar.refusal ?? withWritten(error, tar.doubt)
    })
    if (tar.refusal) throw tar.refusal
    return { entries: tar.entries, bytes: tar.bytes }
  }

  private async writeFile({ engineId }: Target, query: WriteArchiveQuery, { chunks, size, signal }: BytesIn): Promise<WrittenArchive> {
    const { path, mode = '0644', modified } = query
    const name = posix.basename(path)
    if (path.endsWith('/') || name === '' || name === '..' || name === '.') throw wrong('path', 'must be the path of a file')
    if (size === null) throw new AppError('LENGTH_REQUIRED')
    const time = modified === undefined ? new Date() : new Date(modified)
    const entry = { name, size, mode: Number.parseInt(mode, 8), modified: time, ...(ownerOf(query) ?? ROOT) }
    const tar = tarOfFile(entry, chunks)
    await this.engine.files.write(engineId, { path: posix.dirname(path), tar, keepKind: true, signal }).catch((error: unknown) => {
      throw withWritten(error, 'a part of the file may be there')
    })
    return { entries: 1, bytes: size }
  }
}

/** The path of the file itself, behind symbolic links. */
function fileAt(path: string, { type, target }: FileStat): string {
  if (type === 'file') return path
  if (type === 'symlink' && target !== '') return target
  throw wrong('as', `${JSON.stringify(path.slice(0, 200))} is no regular file: leave as=file out to get it as a tar`)
}

/** The bytes of the tar's one file. */
async function* onlyFile(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for await (const { data } of readTar(chunks)) {
      yield* data
      break
    }
  } finally {
    await chunks.return(undefined)
  }
}

function ownerOf({ owner }: WriteArchiveQuery): TarOwner | undefined {
  if (owner === undefined) return undefined
  const [uid, gid] = owner.split(':').map(Number) as [number, number]
  return { uid, gid }
}

/** The same error, with what it left behind. */
function withWritten(error: unknown, detail: string): unknown {
  if (!(error instanceof AppError) || error.code === 'FILE_NOT_FOUND' || error.code === 'NOT_FOUND') return error
  if (error.code === 'ARCHIVE_REFUSED') return error
  return new AppError(error.code, { ...error.details, errors: [{ pointer: '', detail }] }, { cause: error.cause })
}

function wrong(name: string, detail: string): AppError {
  return new AppError('INVALID_REQUEST', { reason: `${name} is wrong`, errors: [{ pointer: `/query/${name}`, detail }] })
}
