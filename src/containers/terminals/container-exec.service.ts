import { Injectable } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import { type Grant, Quota } from '../../access/index.js'
import { Engine, type ExecSpec, type Session } from '../../engine/index.js'
import { ContainerExecs } from './container-execs.js'
import type { ExecBody } from '../dto/exec.body.js'
import type { ExecResult } from '../dto/exec.response.js'
import { ExecEnd, type RunningExec } from './exec-end.js'

/** Bytes of each output that are kept. */
const MOST_OUTPUT = 1_048_576
/** Seconds, where the caller does not say. */
const TIMEOUT = 60

/** Commands without input whose whole output is the answer; the interactive ones are streams. */
@Injectable()
export class ContainerExec {
  constructor(
    private readonly engine: Engine,
    private readonly execs: ContainerExecs,
    private readonly ending: ExecEnd,
    private readonly quota: Quota,
  ) {}

  /** It does not outlive its caller. @throws AppError EXEC_FAILED, CONTAINER_NOT_RUNNING, CONTAINER_PAUSED, POLICY_DENIED */
  async run(grant: Grant<'ContainerExec'>, body: ExecBody, gone: AbortSignal): Promise<ExecResult> {
    const free = await this.quota.open('execs', grant.target.team ? [grant.target.team.id] : [])
    try {
      return await this.command(grant, body, gone)
    } finally {
      free()
    }
  }

  private async command({ target }: Grant<'ContainerExec'>, body: ExecBody, gone: AbortSignal): Promise<ExecResult> {
    const marker = `BERTH_EXEC=${randomUUID()}`
    const { Id } = await this.engine.exec.create(target.engineId, await this.execs.admit(target, specOf(body, marker)))
    gone.throwIfAborted()
    const running = { container: target.engineId, exec: Id, marker, user: body.user }
    const session = await this.engine.exec.start(Id, { tty: false })
    const timeout = AbortSignal.timeout((body.timeout ?? TIMEOUT) * 1_000)
    const cut = AbortSignal.any([gone, timeout])
    const close = (): void => session.close()
    cut.addEventListener('abort', close, { once: true })
    try {
      await this.execs.started(Id, session)
      return await this.result(running, session, { cut, gone })
    } finally {
      cut.removeEventListener('abort', close)
      session.close()
      // also when something failed on the way
      if (!(await this.hasEnded(Id))) await this.ending.end(running)
    }
  }

  private async result(
    running: RunningExec,
    session: Session,
    { cut, gone }: { cut: AbortSignal; gone: AbortSignal },
  ): Promise<ExecResult> {
    const output = { stdout: new Output(), stderr: new Output() }
    for await (const { stream, bytes } of session.output) output[stream].add(bytes)
    gone.throwIfAborted()
    const exitCode = cut.aborted ? null : await this.execs.exitCode(running.exec)
    const { stdout, stderr } = output
    return {
      exitCode,
      stdout: stdout.text,
      stderr: stderr.text,
      truncated: stdout.truncated || stderr.truncated,
      timedOut: cut.aborted,
    }
  }

  private async hasEnded(id: string): Promise<boolean> {
    return this.engine.exec.inspect(id).then(
      ({ Running }) => !Running,
      () => false,
    )
  }
}

/** The first bytes of an output; the rest is read away, so that the process does not wait for a reader. */
class Output {
  truncated = false
  private readonly chunks: Uint8Array[] = []
  private size = 0

  add(bytes: Uint8Array): void {
    const room = MOST_OUTPUT - this.size
    if (bytes.length > room) this.truncated = true
    if (room <= 0) return
    // a copy: the bytes lie in a larger chunk of the connection
    this.chunks.push(Uint8Array.from(bytes.subarray(0, room)))
    this.size += Math.min(bytes.length, room)
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('utf8')
  }
}

function specOf({ command, env = {}, user, workingDir }: ExecBody, marker: string): ExecSpec {
  return {
    Cmd: command,
    AttachStdin: false,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    Privileged: false,
    Env: [...Object.entries(env).map(([name, value]) => `${name}=${value}`), marker],
    ...(user && { User: user }),
    ...(workingDir && { WorkingDir: workingDir }),
  }
}
