import { Injectable, Logger } from '@nestjs/common'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { admitOwnExec } from '../../admission/index.js'
import { AppError } from '../../common/errors.js'
import { Engine } from '../../engine/index.js'

/** An exec that is to be ended with everything it started. */
export interface RunningExec {
  readonly container: string
  readonly exec: string
  /** `BERTH_EXEC=<uuid>`, in the environment of the process and inherited by its children. */
  readonly marker: string
  readonly user: string | undefined
}

/** From hang-up to kill. */
const GRACE_MS = 300
/** From the kill to the engine's notice of it. */
const REAP_MS = 50
const RETRY_MS = 1_000
/** A paused container's processes can't be reached until it goes on. */
const TRY_FOR_MS = 600_000

/**
 * Ends the process of an exec. The engine has no call for it, and closing the connection does not do it (measured on 20.10:
 * `sleep` goes on, with and without a TTY). Two ways, each of which has a limit:
 * - by the host's process table, where the gateway shares the engine's pid namespace and may signal: works for any image;
 * - by a second exec inside the container: needs `sh`, `grep` and `kill` in the image, and a process that cleared its
 *   environment and left its session escapes it.
 */
@Injectable()
export class ExecEnd {
  private readonly logger = new Logger('exec')
  /** Where the host's processes are, if they are to be seen. */
  procfs = '/proc'

  constructor(private readonly engine: Engine) {}

  /** Resolves when it is gone, or can't be reached now; then it is tried again for ten minutes. */
  async end(running: RunningExec): Promise<void> {
    if (await this.attempt(running)) return
    void this.keepTrying(running)
  }

  private async keepTrying(running: RunningExec): Promise<void> {
    const until = Date.now() + TRY_FOR_MS
    while (Date.now() < until) {
      await delay(RETRY_MS, undefined, { ref: false })
      if (await this.attempt(running)) return
    }
    this.logger.warn(
      { container: running.container },
      'the process of a closed exec could not be ended: the image needs sh, grep and kill, or the gateway the pid namespace of the host',
    )
  }

  /** True when it runs no more. */
  private async attempt(running: RunningExec): Promise<boolean> {
    try {
      const { Running, Pid } = await this.engine.exec.inspect(running.exec)
      if (!Running) return true
      if (!(await this.byHost(running, Pid))) await this.byHelper(running)
      return !(await this.engine.exec.inspect(running.exec)).Running
    } catch (error) {
      // the container or the engine's memory of the exec is gone, and the process with it
      if (error instanceof AppError && (error.code === 'NOT_FOUND' || error.code === 'CONTAINER_NOT_RUNNING')) return true
      if (!(error instanceof AppError)) this.logger.warn({ err: error }, 'an exec could not be ended')
      return error instanceof AppError && error.code === 'STOPPING'
    }
  }

  private async byHost(running: RunningExec, leader: number): Promise<boolean> {
    const found = await this.processesOf(running, leader)
    // not there, or not ours: the host's processes are not to be seen from here
    if (!found.includes(leader) || !signalAll(found, 'SIGHUP')) return false
    await delay(GRACE_MS)
    if (!signalAll(await this.processesOf(running, leader), 'SIGKILL')) return false
    await delay(REAP_MS)
    return true
  }

  /** Of the exec's session or with its marker, and in the container's cgroup: a pid alone may mean another process by now. */
  private async processesOf({ container, marker }: RunningExec, leader: number): Promise<number[]> {
    if (leader <= 0) return []
    const pids = (await readdir(this.procfs).catch(() => [])).filter((name) => /^\d+$/.test(name))
    const found = await Promise.all(
      pids.map(async (pid) => {
        if (!(await this.read(pid, 'cgroup')).includes(container)) return false
        return sessionOf(await this.read(pid, 'stat')) === leader || (await this.read(pid, 'environ')).split('\0').includes(marker)
      }),
    )
    return pids.filter((_, index) => found[index]).map(Number)
  }

  private read(pid: string, file: string): Promise<string> {
    return readFile(`${this.procfs}/${pid}/${file}`, 'latin1').catch(() => '')
  }

  private async byHelper({ container, marker, user }: RunningExec): Promise<void> {
    // as the same user: only then may it read the environments and signal, whatever capabilities were dropped
    const spec = {
      Cmd: ['sh', '-c', SCRIPT, 'sh', marker],
      AttachStdin: false,
      AttachStdout: true,
      AttachStderr: true,
      Tty: false,
      ...(user && { User: user }),
    }
    const { Id } = await this.engine.exec.create(container, admitOwnExec(spec))
    const session = await this.engine.exec.start(Id, { tty: false })
    const timer = setTimeout(() => session.close(), 5_000)
    try {
      for await (const _ of session.output) void _
    } finally {
      clearTimeout(timer)
      session.close()
    }
  }
}

/** False: they are somebody else's to us, so the helper must do it. */
function signalAll(pids: readonly number[], signal: NodeJS.Signals): boolean {
  for (const pid of pids) {
    try {
      process.kill(pid, signal)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EPERM') return false
    }
  }
  return true
}

/** The sixth field of /proc/<pid>/stat; the second may hold blanks and brackets (proc(5)). */
function sessionOf(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3])
}

/** Finds the marked processes and the rest of their sessions, hangs up, and kills what is left. POSIX, for busybox and dash. */
const SCRIPT = `
session() { read -r line < "$1/stat" || return; set -- \${line##*) }; echo "$4"; }
find() {
  marked=' '
  for p in /proc/[0-9]*; do grep -q "$marker" "$p/environ" && marked="$marked$(session "$p") "; done
  for p in /proc/[0-9]*; do case "$marked" in *" $(session "$p") "*) echo "\${p#/proc/}";; esac; done
}
exec 2>/dev/null
marker=$1
kill -HUP $(find)
sleep 0.3 || sleep 1
kill -KILL $(find)
`
