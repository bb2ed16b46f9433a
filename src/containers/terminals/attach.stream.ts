import { Injectable } from '@nestjs/common'
import { setTimeout as delay } from 'node:timers/promises'
import type { Grant } from '../../access/index.js'
import { AppError } from '../../common/errors.js'
import { type ContainerInspect, Engine, type Session } from '../../engine/index.js'
import { type OpenStream, type StreamContext, StreamKind, type StreamSource } from '../../streams/source.js'
import { AttachParams } from './attach-params.dto.js'
import { releaseWhenGone } from '../container-life.js'
import { TERMINAL_FRAMES } from './terminal-frames.js'
import { MOST_CREDIT, type Size, type TerminalProcess } from './terminal-session.js'
import { TerminalSessions } from './terminal-sessions.js'
import { sized } from './terminal-size.js'

/** Longest time between the end of the output and the exit code. */
const SETTLE_MS = 5_000

/** `container.attach`: the terminal, or input and output, of a container's main process. It runs on when its viewer leaves. */
@Injectable()
@StreamKind({
  kind: 'container.attach',
  operation: 'ContainerAttach',
  params: AttachParams,
  summary: "The main process of a container, with its container's terminal",
  covers: ['ContainerResize'],
  frames: TERMINAL_FRAMES,
  mostCredit: MOST_CREDIT,
})
export class AttachStream implements StreamSource<'ContainerAttach', AttachParams> {
  constructor(
    private readonly engine: Engine,
    private readonly terminals: TerminalSessions,
  ) {}

  async pointers({ container, team, session }: AttachParams) {
    return session === undefined ? [{ ref: container, team }] : [await this.terminals.pointerTo('attach', session)]
  }

  async open(
    [grant]: readonly Grant<'ContainerAttach'>[],
    params: AttachParams,
    context: StreamContext<'ContainerAttach'>,
  ): Promise<OpenStream> {
    const { engineId: id } = grant!.target
    releaseWhenGone(this.engine, grant!, { id, context })
    const { session, cursor, role, detachKeys, rows, cols, share = 'peers' } = params
    if (session !== undefined) return this.terminals.join(grant!, { session, cursor, role, detachKeys })
    const { Config, State } = await this.engine.containers.inspect(id)
    assertAttachable(State, params)
    const { Tty: tty = false, OpenStdin: stdin = false } = Config
    const size = tty && rows && cols ? { rows, cols } : null
    const make = (): Promise<TerminalProcess> => this.attach(id, { tty, stdin, size: State.Running ? size : null })
    return this.terminals.open(grant!, { kind: 'attach', tty, stdin, size, share, detachKeys, prepare: null, make })
  }

  private async attach(id: string, { tty, stdin, size }: { tty: boolean; stdin: boolean; size: Size | null }): Promise<TerminalProcess> {
    const { containers } = this.engine
    const ending = new AbortController()
    // before the attach, so that the code of one that is removed at its end is known too
    const exit = containers.wait(id, { condition: 'next-exit', signal: ending.signal }).then(({ StatusCode }) => StatusCode)
    exit.catch(() => undefined)
    try {
      const session = await containers.attach(id, { tty, stdin })
      if (size)
        await sized(
          () => this.redraw(id, size),
          async () => (await containers.inspect(id)).State.Running,
        )
      return this.process(id, { session, exit, tty, ending })
    } catch (error) {
      ending.abort()
      throw error
    }
  }

  private process(id: string, { session, exit, tty, ending }: Attached): TerminalProcess {
    return {
      output: session.output,
      write: (bytes) => session.write(bytes),
      endInput: () => session.end(),
      ...(tty && { resize: (size) => this.resize(id, size) }),
      exit: async () => {
        const exitCode = await Promise.race([exit.catch(() => null), delay(SETTLE_MS, null, { ref: false })])
        return { reason: 'container_exited', ...(exitCode !== null && { exitCode }) }
      },
      // the container runs on
      end: () => {
        ending.abort()
        session.close()
        return Promise.resolve()
      },
    }
  }

  /** A shell writes its line again only when the size changes (so the docker CLI does it too). */
  private async redraw(id: string, { rows, cols }: Size): Promise<void> {
    await this.resize(id, { rows: rows + 1, cols: cols + 1 })
    await this.resize(id, { rows, cols })
  }

  private resize(id: string, { rows, cols }: Size): Promise<void> {
    return this.engine.containers.resize(id, { rows, columns: cols })
  }
}

interface Attached {
  readonly session: Session
  readonly exit: Promise<number>
  readonly tty: boolean
  readonly ending: AbortController
}

function assertAttachable({ Paused, Running }: ContainerInspect['State'], { beforeStart = false }: AttachParams): void {
  if (Paused) throw new AppError('CONTAINER_PAUSED')
  if (!Running && !beforeStart) throw new AppError('CONTAINER_NOT_RUNNING')
}
