import { describe, expect, it } from 'vitest'
import { KEPT_BYTES, TerminalLog } from './terminal-log.js'

/** Everything from the offset on, as one text for each stretch. */
function rest(log: TerminalLog, from: number, most = 1e9): string[] {
  const found: string[] = []
  for (let at = from, part = log.read(at, most); part; part = log.read(at, most)) {
    found.push(`${part.stream} ${part.bytes.toString('latin1')}`)
    at += part.bytes.length
  }
  return found
}

describe('TerminalLog', () => {
  it('reads from any offset, one stream at a time', () => {
    const log = new TerminalLog()
    log.write('stdout', Buffer.from('abc'))
    log.write('stdout', Buffer.from('def'))
    log.write('stderr', Buffer.from('gh'))
    log.write('stdout', Buffer.from('i'))
    expect(rest(log, 0)).toEqual(['stdout abcdef', 'stderr gh', 'stdout i'])
    expect(rest(log, 4)).toEqual(['stdout ef', 'stderr gh', 'stdout i'])
    expect(rest(log, 7, 1)).toEqual(['stderr h', 'stdout i'])
    expect(log.read(9, 10)).toBeNull()
  })

  it('keeps the last megabyte, to the byte, whatever the pieces', () => {
    const log = new TerminalLog()
    const bytes = (from: number, length: number) => Buffer.from(Array.from({ length }, (_, i) => ((from + i) * 31) % 251))
    let written = 0
    for (let piece = 1; written < 3 * KEPT_BYTES; piece = (piece * 7) % 40_961) {
      log.write('stdout', bytes(written, piece))
      written += piece
    }
    expect([log.next, log.first]).toEqual([written, written - KEPT_BYTES])
    const all: Buffer[] = []
    for (let at = log.first, part = log.read(at, 65_536); part; part = log.read(at, 65_536)) {
      all.push(part.bytes)
      at += part.bytes.length
    }
    expect(Buffer.concat(all).equals(bytes(log.first, KEPT_BYTES))).toBe(true)
  })

  it('keeps the end of a piece that is larger than all', () => {
    const log = new TerminalLog()
    log.write('stdout', Buffer.from('before'))
    const large = Buffer.alloc(KEPT_BYTES + 10, 'x')
    large.write('end', KEPT_BYTES + 7)
    log.write('stderr', large)
    expect([log.first, log.next]).toEqual([16, KEPT_BYTES + 16])
    expect(log.read(log.next - 4, 10)).toEqual({ stream: 'stderr', bytes: Buffer.from('xend') })
  })

  it('is bounded in changes between the streams too', () => {
    const log = new TerminalLog()
    for (let n = 0; n < 50_000; n++) log.write(n % 2 ? 'stderr' : 'stdout', Buffer.from('x'))
    expect(log.next).toBe(50_000)
    expect(log.next - log.first).toBeLessThanOrEqual(2 * 8_192)
    expect((log as unknown as { segments: object[] }).segments.length).toBeLessThanOrEqual(2 * 8_192)
    expect(log.read(log.first, 5)!.bytes.toString()).toBe('x')
  })

  // tidying had dropped the oldest bytes of a ring that was not at its full size, and growing took them for the first ones
  it('keeps every byte in its place when it grows after it has dropped some', () => {
    const log = new TerminalLog()
    const byteAt = (offset: number) => 33 + (offset % 89)
    const put = (length: number) =>
      log.write(
        log.next % 2 ? 'stderr' : 'stdout',
        Uint8Array.from({ length }, (_, index) => byteAt(log.next + index)),
      )
    for (let n = 0; n < 45_000; n++) put(1)
    expect(log.first).toBeGreaterThan(0)
    put(60_000)
    const wrong: number[] = []
    for (let at = log.first, part = log.read(at, 65_536); part; part = log.read(at, 65_536)) {
      for (const [index, byte] of part.bytes.entries()) if (byte !== byteAt(at + index)) wrong.push(at + index)
      at += part.bytes.length
    }
    expect(wrong).toEqual([])
  })

  it('takes little memory for little output', () => {
    const log = new TerminalLog()
    log.write('stdout', Buffer.from('x'))
    expect((log as unknown as { kept: Buffer }).kept.length).toBe(16_384)
  })
})
