export type TarType = 'file' | 'directory' | 'symlink' | 'link' | 'other'

/** The head of one entry of a tar. */
export interface TarEntry {
  readonly name: string
  readonly type: TarType
  readonly size: number
  /** As chmod takes it. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly modified: Date
  /** Where a link leads to. */
  readonly link: string
}

const BLOCK = 512
/** The largest number that an octal field of eight bytes holds. */
const MOST_OCTAL = 0o7777777

/** The blocks before an entry's bytes; in pax format where the plain one has no room. */
export function tarHeader(entry: TarEntry): Buffer {
  const { name, link, uid, gid } = entry
  const isPlain = (text: string): boolean => text.length <= 100 && /^[\x20-\x7e]*$/.test(text)
  const more = {
    ...(!isPlain(name) && { path: name }),
    ...(!isPlain(link) && { linkpath: link }),
    ...(uid > MOST_OCTAL && { uid: String(uid) }),
    ...(gid > MOST_OCTAL && { gid: String(gid) }),
  }
  if (Object.keys(more).length === 0) return block(entry)
  const records = Buffer.from(Object.entries(more).map(paxRecord).join(''))
  const pax = block({ ...entry, name: 'PaxHeader', link: '', size: records.length }, 'x')
  const short = { name: name.replaceAll(/[^\x20-\x7e]/g, '_').slice(0, 100), link: link.replaceAll(/[^\x20-\x7e]/g, '_').slice(0, 100) }
  return Buffer.concat([pax, records, tarPadding(records.length), block({ ...entry, ...short })])
}

/** What fills an entry's bytes up to a whole block. */
export function tarPadding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK)
}

/** The end of every tar. */
export const TAR_END = Buffer.alloc(2 * BLOCK)

const FLAGS: Readonly<Record<TarType, string>> = { file: '0', link: '1', symlink: '2', directory: '5', other: '0' }

/** POSIX.1-1988 ustar; sizes from 8 GiB on in base 256, as GNU has it. */
function block({ name, type, size, mode, uid, gid, modified, link }: TarEntry, flag = FLAGS[type]): Buffer {
  const head = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, digits: number): void => void head.write(value.toString(8).padStart(digits, '0'), at)
  head.write(name, 0, 100)
  octal(mode & 0o7777, 100, 7)
  octal(Math.min(uid, MOST_OCTAL), 108, 7)
  octal(Math.min(gid, MOST_OCTAL), 116, 7)
  if (size < 8 ** 11) octal(size, 124, 11)
  else {
    head[124] = 0x80
    head.writeBigUInt64BE(BigInt(size), 128)
  }
  octal(Math.min(Math.max(Math.floor(modified.getTime() / 1_000), 0), 8 ** 11 - 1), 136, 11)
  head.write('        ', 148)
  head.write(flag, 156)
  head.write(link, 157, 100)
  head.write('ustar\x0000', 257)
  const sum = head.reduce((total, byte) => total + byte, 0)
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return head
}

/** `<length> <key>=<value>\n`, where the length counts its own digits. */
function paxRecord([key, value]: [string, string]): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  const length = rest + String(rest).length
  return `${rest + String(length).length} ${key}=${value}\n`
}
