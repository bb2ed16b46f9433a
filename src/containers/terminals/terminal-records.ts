import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common'
import { hostname } from 'node:os'
import { type Grant, ProcessIdentity } from '../../access/index.js'
import { nowIso } from '../../common/clock.js'
import { AppError } from '../../common/errors.js'
import { Config } from '../../config/config.js'
import type { TerminalSessionRow } from '../../store/schema.js'
import { TerminalSessionStore } from '../../store/terminal-sessions.store.js'
import { ExecEnd, type RunningExec } from './exec-end.js'
import { TerminalRecordings } from './terminal-recordings.js'
import type { Size, TerminalEnd, TerminalKind, TerminalRecorder } from './terminal-session.js'

const SWEEP_MS = 15_000
const DAY_MS = 86_400_000

/** What a new session is, for its row. */
export interface NewTerminal {
  readonly id: string
  readonly kind: TerminalKind
  readonly tty: boolean
  readonly size: Size | null
  readonly exec: RunningExec | null
}

/**
 * The rows of terminal sessions, and their recordings. A session has its row before its process starts, so that what a
 * gateway leaves behind when it dies is ended by the next one.
 */
@Injectable()
export class TerminalRecords implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('terminals')
  private timer: NodeJS.Timeout | undefined

  constructor(
    readonly store: TerminalSessionStore,
    private readonly recordings: TerminalRecordings,
    private readonly process: ProcessIdentity,
    private readonly ending: ExecEnd,
    private readonly config: Config,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.sweep()
    this.timer = setInterval(() => void this.sweep(), SWEEP_MS)
    this.timer.unref()
  }

  onModuleDestroy(): void {
    clearInterval(this.timer)
  }

  /** Writes the row, and begins the recording where the team's policy says so. @throws AppError RECORDING_FAILED: then nothing may start */
  async begin(
    { target, principal }: Grant<'ContainerExec' | 'ContainerAttach'>,
    { id, kind, tty, size, exec }: NewTerminal,
  ): Promise<TerminalRecorder | null> {
    const recorded = target.team !== null && (await this.store.records(target.team.id))
    const recorder = recorded ? await this.record(id, { size, title: `${kind} ${target.name}` }) : null
    await this.store.insert({
      id,
      kind,
      container_id: target.engineId,
      container: target.name,
      team_id: target.team?.id ?? null,
      owner_id: principal.userId,
      owner: principal.username,
      process_id: this.process.id,
      gateway: this.gateway,
      tty: tty ? 1 : 0,
      exec: exec?.exec ?? null,
      marker: exec?.marker ?? null,
      run_as: exec?.user ?? null,
      recorded: recorded ? 1 : 0,
      started_at: nowIso(),
      ended_at: null,
      end_reason: null,
      exit_code: null,
    })
    return recorder
  }

  /** It never started: nothing was shown, so nothing is kept. */
  async abandon(id: string, recorder: TerminalRecorder | null): Promise<void> {
    await recorder?.close().catch(() => undefined)
    await Promise.all([this.store.delete(id), this.recordings.remove(id)])
  }

  end(id: string, { reason, exitCode }: TerminalEnd): void {
    const end = { ended_at: nowIso(), end_reason: reason, exit_code: exitCode ?? null }
    // the sweep of a later process ends it once more
    this.store.end(id, end).catch((error: unknown) => this.logger.warn({ err: error, id }, 'the end of a terminal session was not saved'))
  }

  /** Where this gateway is, for people. */
  get gateway(): string {
    return `${hostname()}:${this.config.BERTH_PORT}`
  }

  /** Whether the row is of a session that lives in another process, which lives too. */
  async isElsewhere({ process_id: id }: TerminalSessionRow): Promise<boolean> {
    return id !== this.process.id && !this.store.exclusive && (await this.process.alive()).includes(id)
  }

  private async record(id: string, header: { size: Size | null; title: string }): Promise<TerminalRecorder> {
    try {
      return await this.recordings.begin(id, header)
    } catch (error) {
      throw new AppError('RECORDING_FAILED', {}, { cause: error })
    }
  }

  /** Ends what dead processes left, and forgets recordings that are old enough. */
  private async sweep(): Promise<void> {
    try {
      const alive = this.store.exclusive ? [this.process.id] : await this.process.alive()
      for (const row of await this.store.orphans(alive)) await this.bury(row)
      const days = this.config.BERTH_RECORDING_RETENTION_DAYS
      if (days > 0) for (const row of await this.store.recordedBefore(nowIso(-days * DAY_MS))) await this.forget(row)
    } catch (error) {
      this.logger.warn({ err: error }, 'terminal sessions could not be looked after')
    }
  }

  private async bury(row: TerminalSessionRow): Promise<void> {
    const { id, container_id: container, exec, marker, run_as: user } = row
    if (exec && marker) void this.ending.end({ container, exec, marker, user: user ?? undefined })
    await this.store.end(id, { ended_at: nowIso(), end_reason: 'gateway_lost', exit_code: null })
  }

  private async forget({ id }: TerminalSessionRow): Promise<void> {
    // one that is in another gateway's directory is removed there: each of them sweeps
    if ((await this.recordings.size(id)) === null && !this.store.exclusive) return
    await this.recordings.remove(id)
    await this.store.delete(id)
  }
}
