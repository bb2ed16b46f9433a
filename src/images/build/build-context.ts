import { randomBytes } from 'node:crypto'
import { TAR_END, tarHeader, tarPadding } from '../../common/tar.js'
import { assertUnpackable, plainName, refused } from '../archive/refused.js'
import { type PassingEntry, TarPassage } from '../archive/tar-passage.js'
import { invalidDockerfile } from './invalid-dockerfile.js'

const LARGEST_DOCKERFILE = 1_048_576
const IGNORE = '.dockerignore'

/**
 * A build context on its way to the engine. The client's Dockerfile is looked at as it passes, and another one, under a name
 * that nobody can know before, goes last: whatever else is in the context, the engine reads only that one. It and the
 * `.dockerignore`, which says so, are left out of what the build can copy; docker's CLI does the same.
 */
export class BuildContext {
  /** What the engine is told to read. */
  readonly dockerfile = `.berth-${randomBytes(16).toString('hex')}.dockerfile`
  private readonly wanted: string
  private found: Buffer | null = null
  private ignore: Buffer = Buffer.alloc(0)
  private isLink = false

  constructor(
    private readonly source: AsyncIterable<Uint8Array>,
    path: string,
  ) {
    this.wanted = plainName(path)
  }

  /** `rewrite` gets the client's Dockerfile when all of the context is in. @throws AppError ARCHIVE_REFUSED, INVALID_DOCKERFILE */
  async *chunks(rewrite: (dockerfile: Buffer) => Promise<string>): AsyncGenerator<Uint8Array> {
    const watch = {
      entry: (entry: PassingEntry) => this.look(entry),
      content: (entry: PassingEntry, bytes: Buffer) => this.keep(entry, bytes),
    }
    const passage = new TarPassage(this.source, watch)
    yield* passage.chunks()
    if (passage.entries === 0) throw refused('it is empty')
    if (!this.found) throw invalidDockerfile(`${this.isLink ? 'it is a link' : 'the context has none'} at ${this.wanted.slice(0, 200)}`)
    yield file(this.dockerfile, Buffer.from(await rewrite(this.found)))
    yield file(IGNORE, Buffer.concat([this.ignore, Buffer.from(`\n${IGNORE}\n${this.dockerfile}\n`)]))
    yield TAR_END
  }

  /** True for what is to be kept. */
  private look(entry: PassingEntry): boolean {
    assertUnpackable(entry)
    const name = plainName(entry.name)
    if (name !== this.wanted && name !== IGNORE) return false
    // the last of a name is the one that is there in the end
    if (name === this.wanted) [this.found, this.isLink] = [null, entry.type !== 'file']
    if (entry.type !== 'file') return false
    if (entry.size > LARGEST_DOCKERFILE) throw refused(`a file is too large for what it is`, entry.name)
    return true
  }

  private keep(entry: PassingEntry, bytes: Buffer): void {
    const name = plainName(entry.name)
    if (name === this.wanted) this.found = bytes
    if (name === IGNORE) this.ignore = bytes
  }
}

function file(name: string, content: Buffer): Buffer {
  const head = tarHeader({ name, type: 'file', size: content.length, mode: 0o644, uid: 0, gid: 0, modified: new Date(0), link: '' })
  return Buffer.concat([head, content, tarPadding(content.length)])
}
