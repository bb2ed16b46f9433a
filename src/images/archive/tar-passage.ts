import { refused } from './refused.js'

const BLOCK = 512
/** Long names and the like; a tar that says more of one entry is not meant well. */
const MOST_META = 1_048_576
/** Each is an inode of the host's disk. */
const MOST_ENTRIES = 1_000_000
const NOTHING = Buffer.alloc(0)

/** One entry on its way. */
export interface PassingEntry {
  readonly name: string
  /** `-`, folder, symbolic or hard link, or anything else. */
  readonly type: 'file' | 'directory' | 'symlink' | 'link' | 'device' | 'other'
  readonly size: number
  /** Where a link leads to. */
  readonly link: string
}

/** Who looks at what passes. */
export interface Watch {
  /** Throws for what may not pass; true: its content is wanted. */
  entry(entry: PassingEntry): boolean | void
  /** What was wanted. */
  content?(entry: PassingEntry, bytes: Buffer): void
}

interface Meta {
  readonly path?: string | undefined
  readonly linkpath?: string | undefined
  readonly size?: number | undefined
}

interface Kept {
  readonly take: (bytes: Buffer) => void
  readonly parts: Buffer[]
  left: number
}

const TYPES: Readonly<Record<string, PassingEntry['type']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'symlink',
  '3': 'device',
  '4': 'device',
  '5': 'directory',
}

/**
 * A tar that passes through as it is, byte for byte, up to the mark of its end: owners, times and extended attributes are
 * kept. Each head is looked at before any of it goes on. What passes is only ever unpacked by the engine within a jail: the
 * looking is for clear errors, and for the bytes that are wanted, not what the host's safety rests on.
 */
export class TarPassage {
  entries = 0
  private held: Buffer = NOTHING
  /** Of the present entry, with what fills its last block. */
  private rest = 0
  private kept: Kept | null = null
  private meta: Meta = {}
  /** Something was said of an entry that has not come yet. */
  private isAnnounced = false
  private ended = false

  constructor(
    private readonly source: AsyncIterable<Uint8Array>,
    private readonly watch: Watch,
  ) {}

  /** Without the end mark, so that more entries can follow. @throws AppError ARCHIVE_REFUSED and whatever the watch throws */
  async *chunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.source) {
      // padding after the end; read, or its sender would not get an answer
      if (this.ended) continue
      const bytes = this.held.length > 0 ? Buffer.concat([this.held, chunk]) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
      const whole = this.walk(bytes)
      this.held = this.ended ? NOTHING : Buffer.from(bytes.subarray(whole))
      if (whole > 0) yield bytes.subarray(0, whole)
    }
    if (!this.ended && (this.rest > 0 || this.held.length > 0 || this.isAnnounced))
      throw refused(this.entries === 0 ? 'it is no tar' : 'it ends within an entry')
  }

  /** How many of the bytes may go on: all but a head that is not whole yet. */
  private walk(bytes: Buffer): number {
    let at = 0
    while (at < bytes.length && !this.ended) {
      if (this.rest > 0) at += this.pass(bytes.subarray(at))
      else if (bytes.length - at < BLOCK) break
      else at += this.head(bytes.subarray(at, at + BLOCK))
    }
    return at
  }

  private pass(bytes: Buffer): number {
    const count = Math.min(this.rest, bytes.length)
    this.rest -= count
    if (this.kept) this.keep(this.kept, bytes)
    return count
  }

  private keep(kept: Kept, bytes: Buffer): void {
    // a copy: the chunk goes on, and is somebody else's then
    kept.parts.push(Buffer.from(bytes.subarray(0, kept.left)))
    kept.left -= Math.min(kept.left, bytes.length)
    if (kept.left > 0) return
    this.kept = null
    kept.take(Buffer.concat(kept.parts))
  }

  /** Answers how much of it goes on. */
  private head(block: Buffer): number {
    if (block.every((byte) => byte === 0)) {
      // it would count for what is put behind the client's entries
      if (this.isAnnounced) throw refused('it ends within an entry')
      this.ended = true
      return 0
    }
    assertSum(block)
    const flag = String.fromCharCode(block[156]!)
    const size = numberAt(block, 124, 12)
    if ('xgLK'.includes(flag)) this.more(flag, size)
    else this.entry(block, flag, size)
    return BLOCK
  }

  /** What is said of the next entry before its own head. */
  private more(flag: string, size: number): void {
    this.isAnnounced = flag !== 'g' || this.isAnnounced
    if (size > MOST_META) throw refused('an entry has a name or attributes that are too long')
    this.open(size, (bytes) => {
      if (flag === 'L') this.meta = { ...this.meta, path: text(bytes) }
      else if (flag === 'K') this.meta = { ...this.meta, linkpath: text(bytes) }
      else if (flag === 'x') this.meta = { ...this.meta, ...paxOf(bytes) }
      else if (Object.values(paxOf(bytes)).some((value) => value !== undefined)) throw refused('it names or measures all entries at once')
    })
  }

  private entry(block: Buffer, flag: string, stated: number): void {
    const { path, linkpath, size = stated } = this.meta
    this.meta = {}
    this.isAnnounced = false
    if (++this.entries > MOST_ENTRIES) throw refused(`it has more than ${MOST_ENTRIES} entries`)
    const type = TYPES[flag] ?? 'other'
    // ustar has more of the name elsewhere
    const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? text(block.subarray(345, 500)) : ''
    const short = text(block.subarray(0, 100))
    const name = path ?? (prefix === '' ? short : `${prefix}/${short}`)
    const entry = { name, type, size: type === 'file' ? size : 0, link: linkpath ?? text(block.subarray(157, 257)) }
    if (this.watch.entry(entry) === true) this.open(entry.size, (bytes) => this.watch.content?.(entry, bytes))
    else this.rest = padded(entry.size)
  }

  private open(size: number, take: (bytes: Buffer) => void): void {
    this.rest = padded(size)
    if (size === 0) return take(NOTHING)
    this.kept = { take, parts: [], left: size }
  }
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK
}

function text(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.toString('utf8', 0, end < 0 ? bytes.length : end)
}

/** Octal, or base 256 where the first bit is set (GNU). */
function numberAt(block: Buffer, at: number, length: number): number {
  const field = block.subarray(at, at + length)
  const value = (field[0]! & 0x80) !== 0 ? Number(field.readBigUInt64BE(length - 8)) : octal(field)
  if (!Number.isSafeInteger(value) || value < 0) throw refused('an entry has no size that is a number')
  return value
}

function octal(field: Buffer): number {
  const digits = field.toString('latin1').replaceAll(/^[ \0]+|[ \0]+$/g, '')
  return digits === '' ? 0 : /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN
}

/** The sum counts its own field as spaces; what has another one is no tar. */
function assertSum(block: Buffer): void {
  let sum = 8 * 32
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += block[at]!
  if (sum !== octal(block.subarray(148, 156))) throw refused('it is damaged, or no tar')
}

/** `<length> <key>=<value>\n`, as often as there are attributes (POSIX.1-2001). */
function paxOf(bytes: Buffer): Meta {
  const found = new Map<string, string>()
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(32, at)
    const length = Number(bytes.toString('latin1', at, Math.max(space, at)))
    const record = bytes.subarray(space + 1, at + length - 1)
    const equals = record.indexOf(61)
    if (space < 0 || !Number.isSafeInteger(length) || length <= space - at + 1 || at + length > bytes.length || equals < 0)
      throw refused('an entry has attributes that are not understood')
    found.set(record.toString('utf8', 0, equals), record.toString('utf8', equals + 1))
    at += length
  }
  if ([...found.keys()].some((key) => key.startsWith('GNU.sparse.'))) throw refused('it has sparse files')
  const size = found.get('size')
  if (size !== undefined && !/^\d{1,15}$/.test(size)) throw refused('an entry has no size that is a number')
  return { path: found.get('path'), linkpath: found.get('linkpath'), size: size === undefined ? undefined : Number(size) }
}
