import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import { type Grant, OpenRights, type Pointer, Quota } from '../../access/index.js'
import { AppError } from '../../common/errors.js'
import { Config } from '../../config/config.js'
import type { OpenStream } from '../../streams/source.js'
import type { RunningExec } from './exec-end.js'
import { TerminalRecords } from './terminal-records.js'
import { seated } from './terminal-seat.js'
import { type Seat, type Size, type TerminalKind, type TerminalProcess, type TerminalRole, TerminalSession } from './terminal-session.js'

type TerminalGrant = Grant<'ContainerExec' | 'ContainerAttach'>

/** Live sessions of one user. */
const MOST_SESSIONS = 100
/** Ended sessions that somebody may come back to. */
const MOST_ENDED = 200
const SHUTDOWN_MS = 3_000

/** What is opened. */
export interface TerminalRequest {
  readonly kind: TerminalKind
  readonly tty: boolean
  readonly stdin: boolean
  readonly size: Size | null
  readonly share: TerminalShare
  readonly detachKeys: string | undefined
  /** Makes the command of an exec, which does not run yet. Null: what there is already is attached to. */
  readonly prepare: (() => Promise<RunningExec>) | null
  /** Starts it. */
  make(exec: RunningExec | null): Promise<TerminalProcess>
}

/** Who else of those who may open such a session may join it. */
export type TerminalShare = 'none' | 'observers' | 'peers'

/** How somebody comes back, or joins. */
export interface TerminalJoin {
  readonly session: string
  readonly cursor: number | undefined
  readonly role: TerminalRole | undefined
  readonly detachKeys: string | undefined
}

interface Held {
  readonly session: TerminalSession
  readonly kind: TerminalKind
  readonly container: string
  readonly share: TerminalShare
  readonly facts: { readonly containerId: string; readonly name: string; readonly tty: boolean; readonly stdin: boolean }
  readonly team: string | undefined
  /** The owner's last decision: watched while the owner is away. */
  grant: TerminalGrant
  unwatch: () => void
}

/** Never found: what is decided on it is decided as on any missing container. */
const NOWHERE: Pointer = { ref: '0'.repeat(64) }

/** Terminal sessions of this process: they outlive the connections of those who use them. */
@Injectable()
export class TerminalSessions implements BeforeApplicationShutdown {
  private readonly held = new Map<string, Held>()

  constructor(
    private readonly records: TerminalRecords,
    private readonly rights: OpenRights,
    private readonly config: Config,
    private readonly quota: Quota,
  ) {}

  async beforeApplicationShutdown(): Promise<void> {
    // those that somebody is at end with their streams
    const left = [...this.held.values()].filter(({ session }) => session.seats.size === 0)
    const ends = left.map(({ session }) => session.finish({ reason: 'server_stopping' }))
    await Promise.race([Promise.all(ends), new Promise((done) => setTimeout(done, SHUTDOWN_MS).unref())])
  }

  /** What a session is a session of; the same as a missing container where there is none of that kind. */
  async pointerTo(kind: TerminalKind, id: string): Promise<Pointer> {
    const held = this.held.get(id)
    if (held?.kind === kind) return { ref: held.container, team: held.team }
    const row = held ? null : await this.records.store.find(id)
    if (row?.kind !== kind || row.ended_at !== null || !row.team_id) return NOWHERE
    return { ref: row.container_id, team: row.team_id }
  }

  /** A new session, with its owner at it. @throws AppError what `make` throws, QUOTA_EXCEEDED, RECORDING_FAILED */
  async open(grant: TerminalGrant, request: TerminalRequest): Promise<OpenStream> {
    this.assertRoom(grant.principal.userId)
    const { team } = grant.target
    // the room of the process, however many are at it: it lives on when they leave, and who joins starts none
    const free = request.prepare && (await this.quota.open('execs', team ? [team.id] : []))
    try {
      return await this.begin(grant, request, () => free?.())
    } catch (error) {
      free?.()
      throw error
    }
  }

  private async begin(grant: TerminalGrant, request: TerminalRequest, ended: () => void): Promise<OpenStream> {
    const { target, principal } = grant
    const owner = { id: principal.userId, username: principal.username }
    const id = randomUUID()
    const exec = request.prepare && (await request.prepare())
    const recorder = await this.records.begin(grant, { id, ...request, exec })
    let process: TerminalProcess
    try {
      process = await request.make(exec)
    } catch (error) {
      await this.records.abandon(id, recorder)
      throw error
    }
    const session = new TerminalSession({
      id,
      kind: request.kind,
      owner,
      process,
      recorder,
      size: request.size,
      graceMs: this.config.BERTH_TERMINAL_GRACE * 1_000,
      onEnd: (end) => {
        this.records.end(id, end)
        this.release(id, end.reason)
        void session.finish(end).then(ended, ended)
      },
    })
    const { tty, stdin } = request
    const facts = { containerId: target.engineId, name: target.name, tty, stdin }
    const held: Held = {
      session,
      kind: request.kind,
      container: target.engineId,
      team: target.team?.name,
      share: request.share,
      facts,
      grant,
      unwatch: () => undefined,
    }
    this.held.set(id, held)
    const opened = this.seat(held, session.join(owner, 'owner', 0), request.detachKeys)
    session.start()
    return opened
  }

  /** The owner comes back, or another joins. @throws AppError NOT_FOUND, TERMINAL_ELSEWHERE, TERMINAL_NOT_SHARED, INVALID_REQUEST */
  async join(grant: TerminalGrant, { session: id, cursor, role, detachKeys }: TerminalJoin): Promise<OpenStream> {
    const held = this.held.get(id)
    if (!held) return this.missing(id)
    const { session, share } = held
    const user = { id: grant.principal.userId, username: grant.principal.username }
    const isOwner = user.id === session.parts.owner.id
    const taken = role ?? (isOwner ? 'owner' : 'observer')
    if (taken === 'owner' && !isOwner) throw new AppError('TERMINAL_NOT_OWNER')
    if (!isOwner && (share === 'none' || (share === 'observers' && taken === 'peer'))) throw new AppError('TERMINAL_NOT_SHARED')
    const { next } = session.range
    if (cursor !== undefined && cursor > next)
      throw new AppError('INVALID_REQUEST', {
        reason: 'the cursor is behind the end',
        errors: [{ pointer: '/params/cursor', detail: `must be at most ${next}` }],
      })
    if (taken === 'owner') {
      held.grant = grant
      held.unwatch()
    }
    return this.seat(held, session.join(user, taken, cursor), detachKeys)
  }

  /** Who is at the sessions of this process. */
  seatsOf(id: string): readonly Seat[] | null {
    const held = this.held.get(id)
    return held ? [...held.session.seats] : null
  }

  private seat(held: Held, seat: Seat, detachKeys: string | undefined): OpenStream {
    return seated(held.session, seat, { facts: held.facts, detachKeys, onLeave: () => this.left(held) })
  }

  /** Nobody is asked about the rights of an owner who is away, so they are looked at here. */
  private left(held: Held): void {
    const { session, grant } = held
    held.unwatch()
    if (session.ended || [...session.seats].some(({ role }) => role === 'owner')) return
    const cut = (error: AppError): void => void session.finish({ reason: 'revoked', error })
    held.unwatch = this.rights.watch(grant, cut)
  }

  /** One that ended by itself is kept for who was away meanwhile. */
  private release(id: string, reason: string): void {
    const held = this.held.get(id)
    if (!held) return
    held.unwatch()
    if (reason !== 'exited' && reason !== 'container_exited') return void this.held.delete(id)
    setTimeout(() => this.held.delete(id), this.config.BERTH_TERMINAL_GRACE * 1_000).unref()
    const ended = [...this.held].filter(([, { session }]) => session.ended)
    for (const [old] of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) this.held.delete(old)
  }

  private async missing(id: string): Promise<never> {
    const row = await this.records.store.find(id)
    if (row && row.ended_at === null && (await this.records.isElsewhere(row)))
      throw new AppError('TERMINAL_ELSEWHERE', { gateway: row.gateway })
    throw new AppError('NOT_FOUND')
  }

  private assertRoom(userId: string): void {
    const used = [...this.held.values()].filter(({ session }) => !session.ended && session.parts.owner.id === userId).length
    if (used >= MOST_SESSIONS) throw new AppError('QUOTA_EXCEEDED', { resource: 'terminal sessions', used, limit: MOST_SESSIONS })
  }
}
