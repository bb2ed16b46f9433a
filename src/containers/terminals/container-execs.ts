import { Injectable } from '@nestjs/common'
import { setTimeout as delay } from 'node:timers/promises'
import type { OwnedTarget } from '../../access/index.js'
import { admitExec, BASELINE_POLICY, TeamPolicies } from '../../admission/index.js'
import type { Admitted } from '../../common/admitted.js'
import { AppError } from '../../common/errors.js'
import { Engine, type ExecInspect, type ExecSpec, type Session } from '../../engine/index.js'

/** Longest time between the engine's 101 and the start of the process, or between the end of its output and its exit code. */
const SETTLE_MS = 5_000
const POLL_MS = 15
/** What the engine writes about a command that it could not start. */
const MOST_REASON = 4_096

/** What every command in a container needs, over REST and on a socket: a judged spec, whether it started, and its exit code. */
@Injectable()
export class ContainerExecs {
  constructor(
    private readonly engine: Engine,
    private readonly policies: TeamPolicies,
  ) {}

  /** By the profile that the team has now: what the container was made under may have been more. @throws AppError POLICY_DENIED */
  async admit({ team, engineId }: OwnedTarget<'container'>, spec: ExecSpec): Promise<Admitted<ExecSpec>> {
    const policy = team ? await this.policies.of(team.id) : BASELINE_POLICY
    if (policy.profile !== 'restricted') return admitExec(spec, policy)
    return admitExec(spec, policy, (await this.engine.containers.inspect(engineId)).Config.User ?? '')
  }

  /** The engine answers 101 before it starts the process, and writes what went wrong into the output. @throws AppError EXEC_FAILED */
  async started(id: string, session: Session): Promise<void> {
    const { Pid, ExitCode } = await this.until(id, (state) => state.Pid > 0 || state.ExitCode !== null)
    if (Pid > 0 || ExitCode === null) return
    let text = ''
    for await (const { bytes } of session.output) if (text.length < MOST_REASON) text += Buffer.from(bytes).toString('latin1')
    throw new AppError('EXEC_FAILED', { reason: reasonOf(text) }, { cause: text })
  }

  /** Null: it closed its output and runs on; the engine's own client says nothing then either. */
  async exitCode(id: string): Promise<number | null> {
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
