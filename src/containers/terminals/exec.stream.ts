import { Injectable } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import type { Grant } from '../../access/index.js'
import { AppError } from '../../common/errors.js'
import { Engine, type ExecSpec, NO_KEYS, type Session } from '../../engine/index.js'
import { type OpenStream, StreamKind, type StreamSource } from '../../streams/source.js'
import { ContainerExecs } from './container-execs.js'
import { ExecEnd, type RunningExec } from './exec-end.js'
import { ExecParams } from './exec-params.dto.js'
import { TERMINAL_FRAMES } from './terminal-frames.js'
import { MOST_CREDIT, type Size, type TerminalProcess } from './terminal-session.js'
import { TerminalSessions } from './terminal-sessions.js'
import { sized } from './terminal-size.js'

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
    private readonly execs: ContainerExecs,
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
    const prepare = async (): Promise<RunningExec> => {
      const { Id } = await this.engine.exec.create(target.engineId, await this.execs.admit(target, specOf(params, marker)))
      return { container: target.engineId, exec: Id, marker, user: params.user }
    }
    const size = tty && rows && cols ? { rows, cols } : null
    const make = (exec: RunningExec | null): Promise<TerminalProcess> => this.start(exec!, { tty, size })
    return this.terminals.open(grant!, { kind: 'exec', tty, stdin: true, size, share, detachKeys, prepare, make })
  }

  private async start(running: RunningExec, { tty, size }: { tty: boolean; size: Size | null }): Promise<TerminalProcess> {
    const session = await this.engine.exec.start(running.exec, { tty })
    try {
      await this.execs.started(running.exec, session)
      if (size)
        await sized(
          () => this.resize(running.exec, size),
          async () => (await this.engine.exec.inspect(running.exec)).Running,
        )
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
        const exitCode = await this.execs.exitCode(running.exec)
        exited = true
        return { reason: 'exited', ...(exitCode !== null && { exitCode }) }
      },
      end: async () => {
        session.close()
        if (!exited) await this.ending.end(running)
      },
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
