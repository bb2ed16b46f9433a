import { posix } from 'node:path'
import { AppError } from '../../common/errors.js'
import { readTar, TAR_END, type TarEntry, tarHeader, tarPadding } from '../../common/tar.js'

/** Each is an inode of the host's disk. */
const MOST_ENTRIES = 250_000
const LONGEST_NAME = 4_096

/** Who all of it is to belong to. */
export interface TarOwner {
  readonly uid: number
  readonly gid: number
}

/**
 * A client's tar on its way to the engine. Each entry is judged before any of it goes on, and its head is written anew: what
 * the engine reads is what was judged, whatever two readers of tars make of the same bytes. At the first entry that is refused
 * the tar is ended as it should be, so that all before it is written whole.
 */
export class CheckedTar {
  /** Entries that were passed on whole. */
  entries = 0
  /** Bytes of their files. */
  bytes = 0
  /** Why the rest was not passed on. */
  refusal: AppError | undefined
  private partial = false

  constructor(
    private readonly source: AsyncIterable<Uint8Array>,
    private readonly owner?: TarOwner,
  ) {}

  async *chunks(): AsyncGenerator<Uint8Array> {
    try {
      for await (const { entry, data } of readTar(this.source)) {
        const fault = this.entries < MOST_ENTRIES ? faultOf(entry) : `it has more than ${MOST_ENTRIES} entries`
        if (fault !== undefined) {
          this.refusal = this.refused(fault, { pointer: `/entries/${this.entries}`, detail: JSON.stringify(entry.name.slice(0, 200)) })
          break
        }
        yield* this.passed({ ...entry, ...this.owner, ...(entry.type !== 'file' && { size: 0 }) }, data)
      }
    } catch (error) {
      throw error instanceof AppError ? error : this.refused('it is damaged, compressed or no tar')
    }
    if (this.entries === 0) this.refusal ??= this.refused('it is empty')
    yield TAR_END
  }

  /** What is in the container now, for an error. */
  get written(): string {
    const whole = this.entries === 0 ? 'nothing was written' : `${this.entries} entries were written`
    return this.partial ? `${whole}, and the next perhaps in part` : whole
  }

  /** The same where the engine has failed: it reads on to the end of a tar that it can not write (measured). */
  get doubt(): string {
    return `at most ${this.entries + (this.partial ? 1 : 0)} entries were written, perhaps not all of them whole`
  }

  private async *passed(entry: TarEntry, data: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    this.partial = true
    yield tarHeader(entry)
    if (entry.type === 'file') {
      yield* data
      yield tarPadding(entry.size)
    }
    this.partial = false
    this.entries++
    this.bytes += entry.size
  }

  private refused(reason: string, error?: { pointer: string; detail: string }): AppError {
    return new AppError('ARCHIVE_REFUSED', { reason, written: this.written, ...(error && { errors: [error] }) })
  }
}

/** What is wrong with an entry, or undefined. */
function faultOf({ name, type, link }: TarEntry): string | undefined {
  if (type === 'other') return 'an entry is neither file, folder nor link'
  if (name === '' || name.length > LONGEST_NAME) return 'an entry has no name, or one that is too long'
  // what is not UTF-8 was replaced by this: the file would get another name than it has
  if (name.includes('\uFFFD') || name.includes('\0')) return 'a name is not UTF-8'
  if (name.startsWith('/')) return 'a name is absolute'
  if (leadsOut(name)) return 'a name leads out of the folder'
  if (type !== 'symlink' && type !== 'link') return undefined
  if (link === '' || link.length > LONGEST_NAME || link.includes('\uFFFD') || link.includes('\0')) return 'a link leads nowhere'
  // a symbolic link counts from where it stands, a hard one from the top
  const target = type === 'symlink' ? posix.join(posix.dirname(name), link) : link
  return link.startsWith('/') || leadsOut(target) ? 'a link leads out of the folder' : undefined
}

function leadsOut(path: string): boolean {
  const normal = posix.normalize(path)
  return normal === '..' || normal.startsWith('../')
}

/** One file as a tar. `size` must be what comes. */
export async function* tarOfFile(entry: Omit<TarEntry, 'type' | 'link'>, data: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield tarHeader({ ...entry, type: 'file', link: '' })
  yield* data
  yield tarPadding(entry.size)
  yield TAR_END
}
