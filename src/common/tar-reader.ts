import type { TarEntry, TarType } from './tar-writer.js'

const BLOCK = 512
/** Names and attributes of one entry; the longest path of Linux is 4 KiB. */
const MOST_EXTENSION = 1_048_576
const TYPES: Readonly<Record<string, TarType>> = { '0': 'file', '\0': 'file', '7': 'file', '1': 'link', '2': 'symlink', '5': 'directory' }

/** What stands before an entry and belongs to it. */
interface Extension {
  path?: string
  linkpath?: string
  size?: number
  uid?: number
  gid?: number
  mtime?: number
  /** Its bytes are not the file's: a map of holes comes first. */
  sparse?: boolean
}

/**
 * The entries of a tar as they come (ustar, pax and GNU), each with its bytes; reading pulls. What an entry is not read of is
 * skipped by asking for the next, and the padding after the end is read away: two readers of tars do not agree on what else
 * there may be, so it is refused. A piece of `data` is valid until the next is
 * asked for, when those of `chunks` are. Returning it returns `chunks`.
 * @throws Error for what is no tar, ends within an entry or goes on after its end, and whatever `chunks` throws
 */
export async function* readTar(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ readonly entry: TarEntry; readonly data: AsyncIterable<Uint8Array> }> {
  const source = new Source(chunks[Symbol.asyncIterator]())
  try {
    let extension: Extension = {}
    for (let empty = 0; empty < 2;) {
      const head = await source.block()
      if (head === null) return
      if (head.every((byte) => byte === 0)) {
        empty++
        continue
      }
      empty = 0
      const { flag, ...plain } = parseHead(head)
      if ('xgLK'.includes(flag)) extension = { ...extension, ...extensionOf(flag, await source.extension(plain.size)) }
      else {
        const entry = entryOf(flag, plain, extension)
        extension = {}
        const data = new Data(source, entry.type === 'file' || entry.type === 'other' ? entry.size : 0)
        yield { entry, data }
        await data.skip()
      }
    }
    await source.padding()
  } finally {
    await source.close()
  }
}

/** The bytes of one entry. */
class Data implements AsyncIterable<Uint8Array> {
  private left: number

  constructor(
    private readonly source: Source,
    private readonly size: number,
  ) {
    this.left = size
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    while (this.left > 0) {
      const piece = await this.source.some(this.left)
      this.left -= piece.length
      yield piece
    }
  }

  /** To the next head. */
  async skip(): Promise<void> {
    for (let left = this.left + ((BLOCK - (this.size % BLOCK)) % BLOCK); left > 0;) left -= (await this.source.some(left)).length
    this.left = 0
  }
}

/** Bytes by number. */
class Source {
  private chunk: Uint8Array = new Uint8Array(0)
  private ended = false

  constructor(private readonly iterator: AsyncIterator<Uint8Array>) {}

  /** The next block; null at the end. */
  async block(): Promise<Uint8Array | null> {
    if (!(await this.fill())) return null
    return this.exactly(BLOCK)
  }

  async extension(size: number): Promise<Uint8Array> {
    if (size > MOST_EXTENSION) throw new Error('a head is too long')
    const bytes = await this.exactly(size)
    await this.exactly((BLOCK - (size % BLOCK)) % BLOCK)
    return bytes
  }

  /** At least one byte, at most so many. */
  async some(most: number): Promise<Uint8Array> {
    if (!(await this.fill())) throw new Error('the tar ends within an entry')
    const piece = this.chunk.subarray(0, most)
    this.chunk = this.chunk.subarray(piece.length)
    return piece
  }

  /** Zeros to the end of the bytes. */
  async padding(): Promise<void> {
    while (await this.fill()) {
      if (this.chunk.some((byte) => byte !== 0)) throw new Error('something comes after the end')
      this.chunk = new Uint8Array(0)
    }
  }

  async close(): Promise<void> {
    if (!this.ended) await this.iterator.return?.()
  }

  private async exactly(size: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(size)
    for (let at = 0; at < size;) {
      const piece = await this.some(size - at)
      bytes.set(piece, at)
      at += piece.length
    }
    return bytes
  }

  private async fill(): Promise<boolean> {
    while (this.chunk.length === 0 && !this.ended) {
      const turn = await this.iterator.next()
      if (turn.done) this.ended = true
      else this.chunk = turn.value
    }
    return this.chunk.length > 0
  }
}

/** POSIX.1-1988 ustar, and GNU's, which has no prefix. */
function parseHead(head: Uint8Array): Omit<TarEntry, 'type' | 'modified'> & { flag: string; mtime: number } {
  const sum = head.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0)
  if (number(head.subarray(148, 156)) !== sum) throw new Error('the checksum of a head is wrong')
  const magic = text(head.subarray(257, 263))
  if (magic !== 'ustar' && magic !== 'ustar ') throw new Error('a head is of no known format')
  const prefix = magic === 'ustar' ? text(head.subarray(345, 500)) : ''
  const name = text(head.subarray(0, 100))
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    mode: number(head.subarray(100, 108)) % 0o10000,
    uid: number(head.subarray(108, 116)),
    gid: number(head.subarray(116, 124)),
    size: number(head.subarray(124, 136)),
    mtime: number(head.subarray(136, 148)),
    flag: String.fromCharCode(head[156]!),
    link: text(head.subarray(157, 257)),
  }
}

function entryOf(flag: string, plain: Omit<ReturnType<typeof parseHead>, 'flag'>, extension: Extension): TarEntry {
  const { name, link, mtime, ...numbers } = plain
  const {
    path = name,
    linkpath = link,
    mtime: time = mtime,
    sparse = false,
    size = numbers.size,
    uid = numbers.uid,
    gid = numbers.gid,
  } = extension
  // the oldest form of a folder
  const type = flag === '0' && path.endsWith('/') ? 'directory' : (TYPES[flag] ?? 'other')
  const own = sparse ? 'other' : type
  return { name: path, link: linkpath, type: own, size, mode: numbers.mode, uid, gid, modified: new Date(time * 1_000) }
}

function extensionOf(flag: string, bytes: Uint8Array): Extension {
  if (flag === 'L') return { path: text(bytes) }
  if (flag === 'K') return { linkpath: text(bytes) }
  // what a global head says of all entries is of no use to one of them
  return flag === 'g' ? {} : paxOf(Buffer.from(bytes))
}

/** Records `<length> <key>=<value>\n` (POSIX.1-2001). */
function paxOf(bytes: Buffer): Extension {
  const found = new Map<string, string>()
  for (let at = 0; at < bytes.length;) {
    const blank = bytes.indexOf(32, at)
    const length = Number(bytes.toString('latin1', at, blank))
    if (blank < 0 || !Number.isInteger(length) || length < 5 || at + length > bytes.length) throw new Error('a pax head is damaged')
    const record = bytes.toString('utf8', blank + 1, at + length - 1)
    found.set(record.slice(0, record.indexOf('=')), record.slice(record.indexOf('=') + 1))
    at += length
  }
  const numeric = (key: string): number | undefined => {
    const value = Number(found.get(key))
    return Number.isFinite(value) && value >= 0 ? value : undefined
  }
  const entries = {
    path: found.get('path'),
    linkpath: found.get('linkpath'),
    size: numeric('size'),
    uid: numeric('uid'),
    gid: numeric('gid'),
    mtime: numeric('mtime'),
    sparse: [...found.keys()].some((key) => key.startsWith('GNU.sparse.')) || undefined,
  }
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined))
}

/** To the first NUL. */
function text(field: Uint8Array): string {
  const end = field.indexOf(0)
  return Buffer.from(end < 0 ? field : field.subarray(0, end)).toString('utf8')
}

/** Octal digits between blanks and NULs, or base 256 as GNU has it. */
function number(field: Uint8Array): number {
  if ((field[0]! & 0x80) !== 0) {
    const value = field.reduce((sum, byte, at) => sum * 256 + (at === 0 ? byte & 0x7f : byte), 0)
    if (!Number.isSafeInteger(value)) throw new Error('a number is too large')
    return value
  }
  const digits = Buffer.from(field).toString('latin1').replaceAll('\0', ' ').trim()
  if (!/^[0-7]*$/.test(digits)) throw new Error('a number is none')
  return digits === '' ? 0 : Number.parseInt(digits, 8)
}
