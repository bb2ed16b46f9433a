import { Injectable } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Grant } from '../access/index.js'
import { admitExec, BASELINE_POLICY, TeamPolicies } from '../admission/index.js'
import type { Admitted } from '../common/admitted.js'
import { AppError } from '../common/errors.js'
import { Engine, type ExecInspect, type ExecSpec, NO_KEYS, type Session } from '../engine/index.js'
import { type OpenStream, StreamKind, type StreamSource } from '../streams/source.js'
import { ExecEnd, type RunningExec } from './exec-end.js'
import { ExecParams } from './exec-params.dto.js'
import { TERMINAL_FRAMES } from './terminal-frames.js'
import { MOST_CREDIT, type Size, type TerminalProcess } from './terminal-session.js'
import { TerminalSessions } from './terminal-sessions.js'

/** Longest time between the engine's 101 and the start of the process, or between the end of its output and its exit code. */
const SETTLE_MS = 5_000
const POLL_MS = 15
/** What the engine writes about a command that it could not start. */
const MOST_REASON = 4_096

/**
 * `container.exec`: a command in a running container, with input, terminal size and exit code. It is a session that outlives a
 * lost connection: come back by `{session, cursor}`.
 */
@Injectable()
@StreamKind({
  kind: 'container.exec',
  operation: 'ContainerExec',
  params: ExecParams,
  summary: 'A command in a running container',
  covers: ['ExecStart', 'ExecResize', 'ExecInspect'],
  frames: TERMINAL_FRAMES,
  mostCredit: MOST_CREDIT,
})
export class ExecStream implements StreamSource<'ContainerExec', ExecParams> {
  constructor(
    private readonly engine: Engine,
    private readonly ending: ExecEnd,
    private readonly policies: TeamPolicies,
    private readonly terminals: TerminalSessions,
  ) {}

  async pointers({ container, team, session }: ExecParams) {
    return session === undefined ? [{ ref: container, team }] : [await this.terminals.pointerTo('exec', session)]
  }

  async open([grant]: readonly Grant<'ContainerExec'>[], params: ExecParams): Promise<OpenStream> {
    const { session, cursor, role, detachKeys } = params
    if (session !== undefined) return this.terminals.join(grant!, { session, cursor, role, detachKeys })
    const { target } = grant!
    const { tty = false, rows, cols, share = 'peers' } = params
    const marker = `BERTH_EXEC=${randomUUID()}`
    const { Id } = await this.engine.exec.create(target.engineId, await this.admit(target, specOf(params, marker)))
    const exec = { container: target.engineId, exec: Id, marker, user: params.user }
    const size = tty && rows && cols ? { rows, cols } : null
    const make = (): Promise<TerminalProcess> => this.start(exec, { tty, size })
    return this.terminals.open(grant!, { kind: 'exec', tty, stdin: true, size, share, detachKeys, exec, make })
  }

  /** By the profile that the team has now: what the container was made under may have been more. */
  private async admit({ team, engineId }: Grant<'ContainerExec'>['target'], spec: ExecSpec): Promise<Admitted<ExecSpec>> {
    const policy = team ? await this.policies.of(team.id) : BASELINE_POLICY
    if (policy.profile !== 'restricted') return admitExec(spec, policy)
    return admitExec(spec, policy, (await this.engine.containers.inspect(engineId)).Config.User ?? '')
  }

  private async start(running: RunningExec, { tty, size }: { tty: boolean; size: Size | null }): Promise<TerminalProcess> {
    const session = await this.engine.exec.start(running.exec, { tty })
    try {
      await this.started(running.exec, session)
      if (size) await this.resize(running.exec, size)
    } catch (error) {
      session.close()
      // it may have started after all
      if (!(error instanceof AppError && error.code === 'EXEC_FAILED')) await this.ending.end(running)
      throw error
    }
    return this.process(running, session, tty)
  }

  private process(running: RunningExec, session: Session, tty: boolean): TerminalProcess {
    let exited = false
    return {
      output: session.output,
      write: (bytes) => session.write(bytes),
      endInput: () => session.end(),
      ...(tty && { resize: (size) => this.resize(running.exec, size) }),
      exit: async () => {
        const exitCode = await this.exitCode(running.exec)
        exited = true
        return { reason: 'exited', ...(exitCode !== null && { exitCode }) }
      },
      end: async () => {
        session.close()
        if (!exited) await this.ending.end(running)
      },
    }
  }

  /** The engine answers 101 before it starts the process, and writes what went wrong into the output. */
  private async started(id: string, session: Session): Promise<void> {
    const { Pid, ExitCode } = await this.until(id, ({ Pid, ExitCode }) => Pid > 0 || ExitCode !== null)
    if (Pid > 0 || ExitCode === null) return
    let text = ''
    for await (const { bytes } of session.output) if (text.length < MOST_REASON) text += Buffer.from(bytes).toString('latin1')
    throw new AppError('EXEC_FAILED', { reason: reasonOf(text) }, { cause: text })
  }

  /** Null: it closed its output and runs on; the engine's own client says nothing then either. */
  private async exitCode(id: string): Promise<number | null> {
    return (await this.until(id, ({ Running }) => !Running)).ExitCode
  }

  private async until(id: string, is: (state: ExecInspect) => boolean): Promise<ExecInspect> {
    const end = Date.now() + SETTLE_MS
    for (;;) {
      const state = await this.engine.exec.inspect(id)
      if (is(state) || Date.now() > end) return state
      await delay(POLL_MS)
    }
  }

  private resize(id: string, { rows, cols }: Size): Promise<void> {
    return this.engine.exec.resize(id, { rows, columns: cols })
  }
}

function specOf({ command, tty = false, env = {}, user, workingDir }: ExecParams, marker: string): ExecSpec {
  return {
    Cmd: command,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Tty: tty,
    Privileged: false,
    DetachKeys: NO_KEYS,
    Env: [...Object.entries(env).map(([name, value]) => `${name}=${value}`), marker, ...(tty && !env['TERM'] ? ['TERM=xterm'] : [])],
    ...(user && { User: user }),
    ...(workingDir && { WorkingDir: workingDir }),
  }
}

/** The engine's texts name host paths: only what is recognised is said. */
function reasonOf(text: string): string {
  const known: readonly (readonly [RegExp, string])[] = [
    [/unable to find (user|group)|no matching entries in (passwd|group)/i, 'the user or group does not exist in the container'],
    [/chdir to cwd|working directory/i, 'the working directory can not be used'],
    [/executable file not found|no such file or directory/i, 'command not found'],
    [/permission denied|is a directory/i, 'the command may not be executed'],
    [/argument list too long/i, 'the command is too long'],
    [/exec format error/i, 'the command is not made for this machine'],
  ]
  return known.find(([pattern]) => pattern.test(text))?.[1] ?? 'the engine could not start it'
}
