import { AppError } from '../../common/errors.js'
import type { Frame, OutputStream } from '../../engine/index.js'
import type { ExecFrame, OwnEnd, StreamItem, TerminalPeople, TerminalSize } from '../../streams/source.js'
import { TerminalLog } from './terminal-log.js'

export type TerminalRole = 'owner' | 'peer' | 'observer'
export type TerminalKind = 'exec' | 'attach'
export type Size = { rows: number; cols: number }

/** What a terminal session is a session of. */
export interface TerminalProcess {
  readonly output: AsyncIterable<Frame>
  write(bytes: Uint8Array): Promise<void>
  /** Half-close of its input. */
  endInput(): void
  /** Absent: it has no terminal. */
  resize?(size: Size): Promise<void>
  /** After its output has ended. */
  exit(): Promise<OwnEnd>
  /** Lets go of it, and ends it where it is the session's own. Resolves when that is done. */
  end(): Promise<void>
}

/** Writes down what is shown, before it is shown. */
export interface TerminalRecorder {
  output(stream: OutputStream, bytes: Uint8Array): Promise<void>
  resize(size: Size): Promise<void>
  close(): Promise<void>
}

export interface TerminalUser {
  readonly id: string
  readonly username: string
}

export interface TerminalParts {
  readonly id: string
  readonly kind: TerminalKind
  readonly owner: TerminalUser
  readonly process: TerminalProcess
  readonly recorder: TerminalRecorder | null
  readonly size: Size | null
  /** How long it goes on when nobody is there who may type. */
  readonly graceMs: number
  /** Called once. `kept`: somebody may come back for what is left. */
  readonly onEnd: (end: TerminalEnd) => void
}

/** How it ended; an error is for whoever reads it. */
export type TerminalEnd = OwnEnd & { readonly error?: AppError }

/** How far the output may be ahead of who sets the pace; with a window of at most 512 KiB nothing that was not received is dropped. */
const AHEAD = 262_144
export const MOST_CREDIT = 524_288
const MOST_READ = 65_536

/** Somebody at a terminal. `at`: offset of the next byte for them. */
export interface Seat {
  readonly user: TerminalUser
  readonly role: TerminalRole
  at: number
  readonly notices: (TerminalPeople | TerminalSize)[]
  /** Set once they have left, or were made to. */
  left?: OwnEnd
}

/**
 * The output of one process for all who take part, whoever of them comes and goes. The owner's reading sets the pace of the
 * process, or the fastest peer's where the owner is away; others who are slower lose what they did not read, and are told.
 */
export class TerminalSession {
  readonly startedAt = new Date()
  readonly seats = new Set<Seat>()
  ended: TerminalEnd | undefined
  private readonly log = new TerminalLog()
  private size: Size | null
  private news = Promise.withResolvers<void>()
  private room = Promise.withResolvers<void>()
  /** Where the reader was who left last. */
  private leftAt = 0
  private grace: NodeJS.Timeout | undefined
  private ending: Promise<void> | undefined

  constructor(readonly parts: TerminalParts) {
    this.size = parts.size
  }

  get hasTerminal(): boolean {
    return this.parts.process.resize !== undefined
  }

  /** Begins to read; until somebody is there its grace time runs. */
  start(): void {
    void this.pump()
    this.watch()
  }

  /** Offsets that can be read: from the oldest byte that is kept to the next that comes. */
  get range(): { first: number; next: number } {
    return { first: this.log.first, next: this.log.next }
  }

  /** Takes a seat. There is one owner: who was there before, perhaps on a connection that is dead, has to go. */
  join(user: TerminalUser, role: TerminalRole, cursor: number | undefined): Seat {
    if (role === 'owner') for (const seat of this.seats) if (seat.role === 'owner') this.leave(seat, { reason: 'taken_over' })
    const seat: Seat = { user, role, at: cursor ?? this.log.first, notices: [] }
    this.seats.add(seat)
    if (this.size && role !== 'owner') seat.notices.push({ type: 'size', ...this.size })
    this.watch()
    if (this.seats.size > 1) this.tellPeople()
    return seat
  }

  leave(seat: Seat, end: OwnEnd): void {
    if (seat.left) return
    seat.left = end
    this.seats.delete(seat)
    if (seat.role !== 'observer') this.leftAt = seat.at
    if (this.seats.size > 0) this.tellPeople()
    this.watch()
    this.wake()
    this.moved()
  }

  /** What the seat sees, until it leaves or the session ends. @throws AppError why it could not go on */
  async *follow(seat: Seat): AsyncGenerator<StreamItem, OwnEnd> {
    const { log } = this
    for (;;) {
      if (seat.left) return seat.left
      const notice = seat.notices.shift()
      if (notice) yield { frames: [notice] }
      const dropped = log.first - seat.at
      if (dropped > 0) {
        seat.at = log.first
        yield { gap: { from: null, to: null, reason: 'overflow', dropped } }
      }
      const stretch = log.read(seat.at, MOST_READ)
      if (stretch) {
        seat.at += stretch.bytes.length
        this.moved()
        yield { frames: [{ stream: stretch.stream, data: stretch.bytes } satisfies ExecFrame] }
      } else if (!notice && dropped <= 0) {
        if (this.ended?.error) throw this.ended.error
        if (this.ended) return this.ended
        await this.news.promise
      }
    }
  }

  async resize(size: Size): Promise<void> {
    await this.parts.process.resize!(size)
    this.size = size
    await this.parts.recorder?.resize(size).catch((error: unknown) => this.finish({ reason: 'failed', error: unrecorded(error) }))
    for (const seat of this.seats) if (seat.role !== 'owner') seat.notices.push({ type: 'size', ...size })
    this.wake()
  }

  /** Ends it for all who are there. Resolves when its process is ended. */
  finish(end: TerminalEnd): Promise<void> {
    if (this.ended) return this.ending ?? Promise.resolve()
    this.ended = end
    clearTimeout(this.grace)
    this.ending = this.free()
    this.wake()
    this.moved()
    this.parts.onEnd(end)
    return this.ending
  }

  private async free(): Promise<void> {
    const { process, recorder } = this.parts
    await process.end()
    await recorder?.close().catch(() => undefined)
  }

  private async pump(): Promise<void> {
    const { process, recorder } = this.parts
    try {
      for await (const { stream, bytes } of process.output) {
        if (this.ended) return
        await recorder?.output(stream, bytes).catch((error: unknown) => {
          throw unrecorded(error)
        })
        this.log.write(stream, bytes)
        this.wake()
        while (!this.ended && this.log.next - this.pace() >= AHEAD) await this.room.promise
      }
      if (!this.ended) await this.finish(await process.exit())
    } catch (error) {
      await this.finish({ reason: 'failed', error: error instanceof AppError ? error : new AppError('INTERNAL', {}, { cause: error }) })
    }
  }

  /** Where the reader is that the process must not run away from. */
  private pace(): number {
    const seats = [...this.seats]
    const owner = seats.find(({ role }) => role === 'owner')
    if (owner) return owner.at
    const peers = seats.flatMap(({ role, at }) => (role === 'peer' ? [at] : []))
    return peers.length > 0 ? Math.max(...peers) : this.leftAt
  }

  /** Observers keep nothing alive: nobody of them can end a process that waits for input. */
  private watch(): void {
    clearTimeout(this.grace)
    if (this.ended || [...this.seats].some(({ role }) => role !== 'observer')) return
    this.grace = setTimeout(() => void this.finish({ reason: 'abandoned' }), this.parts.graceMs)
    this.grace.unref()
  }

  private tellPeople(): void {
    const participants = [...this.seats].map(({ user: { username }, role }) => ({ username, role }))
    for (const { notices } of this.seats) notices.push({ type: 'participants', participants })
    this.wake()
  }

  private wake(): void {
    this.news.resolve()
    this.news = Promise.withResolvers()
  }

  private moved(): void {
    this.room.resolve()
    this.room = Promise.withResolvers()
  }
}

function unrecorded(error: unknown): AppError {
  return new AppError('RECORDING_FAILED', {}, { cause: error })
}
