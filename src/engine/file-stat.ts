export type FileType = 'file' | 'directory' | 'symlink' | 'device' | 'fifo' | 'socket'

/** What a path in a container is. */
export interface FileStat {
  readonly name: string
  readonly type: FileType
  /** Bytes of a regular file. */
  readonly size: number
  /** Permission bits with setuid, setgid and sticky, as chmod takes them. */
  readonly mode: number
  readonly modified: Date
  /** Of a symbolic link: where it leads to in the end, as a path of the container; empty where that is nowhere. */
  readonly target: string
}

/** As the engine sends it; `mode` is an os.FileMode of Go. */
export interface RawStat {
  readonly name: string
  readonly size: number
  readonly mode: number
  readonly mtime: string
  readonly linkTarget?: string
}

/** Bits of Go's io/fs.FileMode that are not where POSIX has them. */
const TYPES: readonly (readonly [number, FileType])[] = [
  [2 ** 31, 'directory'],
  [2 ** 27, 'symlink'],
  [2 ** 26, 'device'],
  [2 ** 25, 'fifo'],
  [2 ** 24, 'socket'],
]
const SPECIAL: readonly (readonly [number, number])[] = [
  [2 ** 23, 0o4000],
  [2 ** 22, 0o2000],
  [2 ** 20, 0o1000],
]

export function statOf({ name, size, mode, mtime, linkTarget = '' }: RawStat): FileStat {
  const has = (bit: number): boolean => Math.floor(mode / bit) % 2 === 1
  const special = SPECIAL.reduce((sum, [bit, posix]) => sum + (has(bit) ? posix : 0), 0)
  const type = TYPES.find(([bit]) => has(bit))?.[1] ?? 'file'
  return { name, type, size, mode: (mode % 0o1000) + special, modified: new Date(mtime), target: linkTarget }
}
