import { garbage } from './answer-shape.js'

/** What of a large answer's body a piece is. */
export interface BodyReader {
  /** Moves the body's bytes of a piece to its beginning, and answers how many. */
  take(piece: Buffer): number
  readonly ended: boolean
}

const LINE_FEED = 10
/** A size, its extension, or a field after the last chunk. */
const MOST_LINE = 4_096

/** The chunked transfer coding of HTTP/1.1 (RFC 9112, section 7.1). */
export class ChunkedBody implements BodyReader {
  ended = false
  private state: 'size' | 'data' | 'after' | 'fields' = 'size'
  private line = ''
  private left = 0

  take(piece: Buffer): number {
    let to = 0
    for (let at = 0; at < piece.length;) {
      if (this.ended) throw garbage('bytes after the last chunk')
      if (this.state === 'data') {
        const size = Math.min(this.left, piece.length - at)
        piece.copyWithin(to, at, at + size)
        to += size
        at += size
        this.left -= size
        if (this.left === 0) this.state = 'after'
      } else at = this.readLine(piece, at)
    }
    return to
  }

  /** Where it goes on. */
  private readLine(piece: Buffer, at: number): number {
    const end = piece.indexOf(LINE_FEED, at)
    this.line += piece.toString('latin1', at, end < 0 ? piece.length : end)
    if (this.line.length > MOST_LINE) throw garbage('a chunk without an end')
    if (end < 0) return piece.length
    this.lineRead(this.line.replace(/\r$/, ''))
    this.line = ''
    return end + 1
  }

  private lineRead(line: string): void {
    switch (this.state) {
      case 'size': {
        const size = /^([0-9a-fA-F]{1,12})[ \t]*(?:;|$)/.exec(line)?.[1]
        if (size === undefined) throw garbage('a chunk without a size')
        this.left = Number.parseInt(size, 16)
        this.state = this.left === 0 ? 'fields' : 'data'
        return
      }
      case 'after':
        if (line !== '') throw garbage('a chunk that is longer than it says')
        this.state = 'size'
        return
      default:
        if (line === '') this.ended = true
    }
  }
}
