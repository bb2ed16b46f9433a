import { Injectable } from '@nestjs/common'
import { setTimeout as delay } from 'node:timers/promises'
import type { Grant } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { type ContainerInspect, Engine, type Session } from '../engine/index.js'
import {
  type ExecFrame,
  type OpenStream,
  type OwnEnd,
  type StreamContext,
  StreamKind,
  type StreamItem,
  type StreamSource,
} from '../streams/source.js'
import { DEFAULT_KEYS, DetachKeys, keyBytes } from './attach-keys.js'
import { AttachParams } from './attach-params.dto.js'
import { releaseWhenGone } from './container-life.js'

/** Longest time between the end of the output and the exit code. */
const SETTLE_MS = 5_000

const FRAMES = [
  {
    type: 'object',
    required: ['stream', 'data'],
    properties: {
      stream: { enum: ['stdout', 'stderr'] },
      data: { type: 'string', format: 'binary', description: 'bytes as they came; with a terminal all of it is stdout' },
    },
  },
]

type Size = { rows: number; cols: number }

/** `container.attach`: the terminal, or input and output, of a container's main process. It runs on when its viewer leaves. */
@Injectable()
@StreamKind({
  kind: 'container.attach',
  operation: 'ContainerAttach',
  params: AttachParams,
  summary: "The main process of a container, with its container's terminal",
  covers: ['ContainerResize'],
  frames: FRAMES,
})
export class AttachStream implements StreamSource<'ContainerAttach', AttachParams> {
  constructor(private readonly engine: Engine) {}

  pointers({ container, team }: AttachParams) {
    return [{ ref: container, team }]
  }

  async open(
    [grant]: readonly Grant<'ContainerAttach'>[],
    params: AttachParams,
    context: StreamContext<'ContainerAttach'>,
  ): Promise<OpenStream> {
    const { signal } = context
    const { engineId: id, name } = grant!.target
    const { containers } = this.engine
    const inspected = await containers.inspect(id)
    assertAttachable(inspected, params)
    releaseWhenGone(this.engine, grant!, { id, context })
    const { Tty: tty = false, OpenStdin: stdin = false } = inspected.Config
    // before the attach, so that the code of one that is removed at its end is known too
    const exit = containers.wait(id, { condition: 'next-exit', signal }).then(({ StatusCode }) => StatusCode)
    exit.catch(() => undefined)
    const session = await containers.attach(id, { tty, stdin, signal })
    const detached = Promise.withResolvers<'detached'>()
    if (tty && params.rows && params.cols && inspected.State.Running) await this.redraw(id, { rows: params.rows, cols: params.cols })
    return {
      ack: { containerId: id, name, tty, stdin },
      output: this.follow(session, exit, detached.promise),
      ...(stdin && { input: inputOf(session, tty ? (params.detachKeys ?? DEFAULT_KEYS) : null, () => detached.resolve('detached')) }),
      ...(stdin && { endInput: () => session.end() }),
      ...(tty && { resize: (size) => this.resize(id, size) }),
      close: () => session.close(),
    }
  }

  private async *follow(session: Session, exit: Promise<number>, detached: Promise<'detached'>): AsyncGenerator<StreamItem, OwnEnd> {
    const output = session.output[Symbol.asyncIterator]()
    for (;;) {
      const turn = await Promise.race([output.next(), detached])
      if (turn === 'detached') return { reason: 'detached' }
      if (turn.done === true) break
      const { stream, bytes } = turn.value
      yield { frames: [{ stream, data: Buffer.from(bytes) } satisfies ExecFrame] }
    }
    const exitCode = await Promise.race([exit.catch(() => null), delay(SETTLE_MS, null, { ref: false })])
    return { reason: 'container_exited', ...(exitCode !== null && { exitCode }) }
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

function assertAttachable({ State }: ContainerInspect, { beforeStart = false }: AttachParams): void {
  if (State.Paused) throw new AppError('CONTAINER_PAUSED')
  if (!State.Running && !beforeStart) throw new AppError('CONTAINER_NOT_RUNNING')
}

/** Input up to the keys that detach, where there are any. */
function inputOf(session: Session, keys: string | null, detach: () => void): (bytes: Uint8Array) => Promise<void> {
  if (keys === null) return (bytes) => session.write(bytes)
  const detachKeys = new DetachKeys(keyBytes(keys)!)
  return async (bytes) => {
    const { pass, detached } = detachKeys.take(bytes)
    if (pass.length > 0) await session.write(pass)
    if (detached) detach()
  }
}
