import { AppError } from '../../common/errors.js'
import type { OpenStream } from '../../streams/source.js'
import { DEFAULT_KEYS, DetachKeys, keyBytes } from './attach-keys.js'
import type { Seat, TerminalSession } from './terminal-session.js'

export interface SeatParts {
  readonly facts: { readonly containerId: string; readonly name: string; readonly tty: boolean; readonly stdin: boolean }
  readonly detachKeys: string | undefined
  readonly onLeave: () => void
}

/** A seat at a terminal session as the stream of one reader. */
export function seated(session: TerminalSession, seat: Seat, { facts, detachKeys, onLeave }: SeatParts): OpenStream {
  const { tty, stdin } = facts
  const { process } = session.parts
  const keys = tty ? new DetachKeys(keyBytes(detachKeys ?? DEFAULT_KEYS)!) : null
  const leave = (reason: string): void => {
    session.leave(seat, { reason })
    onLeave()
  }
  return {
    ack: { ...facts, session: session.parts.id, role: seat.role, cursor: Math.max(seat.at, session.range.first) },
    output: session.follow(seat),
    ...(stdin && {
      input: async (bytes) => {
        assertMayType(session, seat)
        const { pass, detached } = keys?.take(bytes) ?? { pass: bytes, detached: false }
        if (pass.length > 0) await process.write(pass)
        if (detached) leave('detached')
      },
      endInput: () => {
        if (seat.role !== 'owner') throw new AppError('TERMINAL_NOT_OWNER')
        process.endInput()
      },
    }),
    ...(tty && {
      resize: async (size) => {
        if (seat.role !== 'owner') throw new AppError('TERMINAL_NOT_OWNER')
        await session.resize(size)
      },
    }),
    close: async (reason) => {
      if (seat.left || session.ended) return leave(reason)
      const last = ![...session.seats].some((other) => other !== seat && other.role !== 'observer')
      leave(reason)
      if (ends(session, seat, { reason, last })) await session.finish({ reason })
    },
  }
}

/**
 * Whether the session ends with this seat. A lost connection ends nothing; the owner's lost rights do, and the owner's word ends
 * a command. A container's own terminal is let go when nobody is at it any more.
 */
function ends({ parts: { kind } }: TerminalSession, { role }: Seat, { reason, last }: { reason: string; last: boolean }): boolean {
  if (reason === 'server_stopping') return true
  if (reason === 'revoked' || reason === 'undecided') return role === 'owner'
  if (reason !== 'closed') return false
  return kind === 'exec' ? role === 'owner' : role !== 'observer' && last
}

function assertMayType(session: TerminalSession, { role }: Seat): void {
  if (session.ended) throw new AppError('STREAM_NOT_FOUND')
  if (role === 'observer') throw new AppError('TERMINAL_WATCH_ONLY')
}
