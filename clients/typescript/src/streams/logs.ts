import type {
  LogCursors,
  LogRecord,
  LogSkipped,
  LogState,
  StreamData,
  StreamGap,
  StreamOpened,
  StreamSourceChanged,
} from '../generated/protocol.js'
import type { LogsParams } from './kinds.js'
import { Stream, type StreamSocket } from './stream.js'

type Places = { stdout?: readonly [string, number]; stderr?: readonly [string, number] }

/** Lines of logs. After a lost connection, or a restart of the gateway, it goes on behind the last line that it has. */
export class LogStream extends Stream<LogRecord | LogState | LogSkipped> {
  private readonly places: Record<string, Places>
  /** The opening told the place of each container. */
  private readonly placed: boolean

  constructor(
    socket: StreamSocket,
    opened: StreamOpened,
    private readonly params: LogsParams,
  ) {
    super(socket, opened)
    const opening = opened['cursor'] as LogCursors | undefined
    this.placed = opening !== undefined
    this.places = structuredClone({ ...opening, ...params.cursor })
  }

  /** Where it is: keep it to go on from here another time, with `cursor` in the params. Counts what has arrived. */
  get cursor(): LogCursors {
    return structuredClone(this.places)
  }

  /** @internal */
  override data(message: StreamData): void {
    for (const record of message.frames as (LogRecord | LogState | LogSkipped)[]) {
      if (record.type === 'skipped') this.places[record.container] = { ...this.places[record.container], ...record.cursor }
      if (record.type !== 'log') continue
      if (record.text instanceof ArrayBuffer) record.text = new Uint8Array(record.text)
      if (record.end !== 'cut') (this.places[record.container] ??= {})[record.stream] = [record.time, record.n]
    }
    super.data(message)
  }

  /** @internal A container that is gone, and of which all has come or its loss was told, must not be missed once more by a later resume. */
  override source(source: StreamSourceChanged): void {
    delete this.places[source.replaces]
    super.source(source)
  }

  /** @internal */
  override gap(gap: StreamGap): void {
    if (gap.reason === 'container_removed' && gap.container !== undefined) delete this.places[gap.container]
    super.gap(gap)
  }

  /** @internal */
  override disconnected(): boolean {
    return !this.isOver
  }

  /** @internal */
  override get outlivesGateway(): boolean {
    return true
  }

  /** @internal */
  override resumeParams(): LogsParams {
    const { tail: _tail, ...rest } = this.params
    // counted once more it would leave out what came meanwhile
    if (this.placed) return { ...rest, cursor: this.cursor }
    const read = Object.keys(this.places).length > 0
    // whoever has read nothing yet wants the same as at the beginning
    return { ...this.params, ...(read && { cursor: this.cursor }) }
  }
}
