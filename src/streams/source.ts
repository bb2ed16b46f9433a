import { SetMetadata, type Type } from '@nestjs/common'
import type { Grant, OperationId, Pointer } from '../access/index.js'
import type { StreamGap, StreamSourceChanged } from './protocol.js'

// what sources speak of and share; they import nothing else of the socket edge
export type {
  EventRecord,
  ExecFrame,
  LogCursors,
  LogRecord,
  LogSkipped,
  LogState,
  StatsFigures,
  StatsRecord,
  TerminalPeople,
  TerminalSize,
  TopRecord,
} from './protocol.js'
export { type Audience, CutShort, type SharedReader, SharedUpstreams, type Turn } from './shared.js'

export const STREAM_KIND = 'berth:stream-kind'

/**
 * One kind of stream. A domain module makes one by a provider with `@StreamKind(...)`; the mechanism finds it, decides on
 * every opening, batches, meters and cuts. A source knows nothing of sockets.
 *
 * ```ts
 * @Injectable()
 * @StreamKind({ kind: 'job.progress', operation: 'JobProgress', params: JobProgressParams, summary: 'Progress of a job' })
 * export class JobProgressStream implements StreamSource<'JobProgress', JobProgressParams> {
 *   pointers({ job }: JobProgressParams) { return [{ ref: job }] }
 *   async open([grant]: readonly Grant<'JobProgress'>[], _: JobProgressParams, { signal }: StreamContext<'JobProgress'>) {
 *     return { output: this.progress.follow(grant!, signal) } // async function*: yields { frames }, returns { reason: 'ended' }
 *   }
 * }
 * ```
 */
export interface StreamSource<Op extends OperationId, P extends object> {
  /** What the params point at; each becomes one Grant of the operation, with its own audit record. At least one. */
  pointers(params: P): readonly Pointer[] | Promise<readonly Pointer[]>

  /**
   * Opens it. Grants are in the order of the pointers. What it throws goes into the ack, so errors of the opening belong
   * here and not into `output`.
   */
  open(grants: readonly Grant<Op>[], params: P, context: StreamContext<Op>): Promise<OpenStream>
}

/** What the mechanism gives a source. */
export interface StreamContext<Op extends OperationId> {
  /** Aborted at every end: client gone, closed, revoked, server stopping. `output` must end then. */
  readonly signal: AbortSignal
  /**
   * Decides anew on an object of the same name, with a new audit record, in place of `instead`. Null: there is none yet (no record).
   * @throws AppError when it exists and the caller may not.
   */
  regrant(pointer: Pointer, instead: Grant<Op>): Promise<Grant<Op> | null>
  /** The object of the grant is gone, as the source knows: its absence is not a loss of rights. The permission itself is still watched. */
  release(grant: Grant<Op>): void
}

/** Records that were read together; the mechanism joins and splits them for the wire. */
export interface Frames {
  readonly frames: readonly object[]
}

export interface Gap {
  readonly gap: Omit<StreamGap, 'streamId'>
}

export interface SourceChanged {
  readonly source: Omit<StreamSourceChanged, 'streamId'>
}

export type StreamItem = Frames | Gap | SourceChanged

/** Why a stream ended by itself. */
export interface OwnEnd {
  readonly reason: string
  readonly exitCode?: number
}

export interface OpenStream {
  /** Facts for the ack of `stream:open`. */
  readonly ack?: Readonly<Record<string, unknown>>
  /** Pulled only while the reader has credit, so reading must be what drives the upstream. Its return value is the end. */
  readonly output: AsyncGenerator<StreamItem, OwnEnd | void, undefined>
  /** How long what comes right after something else may wait for company, in ms; 5 when left out. What follows an input goes at once. */
  readonly lingerMs?: number
  /** Takes bytes; resolves when the next may come. Absent: the kind takes no input. */
  input?(bytes: Uint8Array): Promise<void>
  endInput?(): Promise<void> | void
  resize?(size: { rows: number; cols: number }): Promise<void>
  /**
   * Called once, at every end, before `output` is returned: frees what is held, within 2 s. `reason`: that of `stream:end`, or
   * `gone` where the client left without a word.
   */
  close?(reason: string): Promise<void> | void
}

/** The declaration of a kind. */
export interface StreamKindInfo<Op extends OperationId, P extends object> {
  /** `noun.what`: goes into `stream:open`. */
  readonly kind: string
  readonly operation: Op
  /** class-validator class; unknown keys are refused. `credit` is taken by the mechanism, for every kind. */
  readonly params: Type<P>
  readonly summary: string
  /** Largest window that a reader may ask for, where less than the usual is wanted. */
  readonly mostCredit?: number
  /** Further rows of the operations table that are reached only within this kind, under its decision. */
  readonly covers?: readonly OperationId[]
  /** JSON schemas of its frames, for the AsyncAPI document. */
  readonly frames?: readonly object[]
}

/** Declares a provider as the source of a kind; the class must take the Grants of exactly this operation. */
export function StreamKind<const Op extends OperationId, P extends object>(info: StreamKindInfo<Op, P>) {
  // `any`: a provider's constructor may take anything
  // eslint-disable-next-line typescript/no-explicit-any
  return (target: new (...args: any[]) => StreamSource<Op, P>): void => {
    SetMetadata(STREAM_KIND, info)(target)
  }
}
