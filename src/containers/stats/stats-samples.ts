import type { Grant } from '../../access/index.js'
import { AppError } from '../../common/errors.js'
import type { Engine } from '../../engine/index.js'
import type { Audience, LogState, OpenStream, OwnEnd, SharedReader, StreamItem } from '../../streams/source.js'
import { engineUp } from '../logs/logs-waiting.js'

/** What an upstream of samples gives: `time` in unix milliseconds. */
export type Sampled<T> = { readonly time: number; readonly value: T } | { readonly state: LogState['state'] } | { readonly end: string }

/** The newest alone: a slow reader has no use for old figures. */
export const NEWEST = { keep: { items: 1 }, lingerMs: 3_000 } as const

/** The engine's samples come about each second: one that comes this much early is still the next. */
const EARLY_MS = 500

interface Looking<T> {
  readonly engine: Engine
  readonly audience: Audience
  /** The values until the container stops. */
  readonly look: () => Promise<AsyncGenerator<T>>
}

/**
 * Samples of one container until it stops or is removed, past restarts of the engine.
 * @throws AppError of the first look, which is the opening.
 */
export async function samples<T>({ engine, audience, look }: Looking<T>): Promise<AsyncGenerator<Sampled<T>[]>> {
  const { signal } = audience
  let values: AsyncGenerator<T> | undefined = await look()
  async function* run(): AsyncGenerator<Sampled<T>[]> {
    for (;;) {
      try {
        if (!values) {
          values = await look()
          yield [{ state: 'following' }]
        }
        for await (const value of values) yield [{ time: Date.now(), value }]
        return yield [{ end: 'container_exited' }]
      } catch (error) {
        const end = endOf(error)
        if (end) return yield [{ end }]
        if (!isAway(error) || signal.aborted) throw error
        values = undefined
        yield [{ state: 'engine_unavailable' }]
        await engineUp(engine, signal)
      }
    }
  }
  return run()
}

export interface Shown<T> {
  readonly target: Grant<'ContainerStats' | 'ContainerTop'>['target']
  readonly reader: SharedReader<Sampled<T>>
  readonly interval: number
  /** The fields of the record, beside its head; null: not to be shown. */
  readonly record: (value: T) => object | null
}

/** The samples as a stream of one reader, at its interval. */
export function shown<T>({ target: { engineId, name }, reader, interval, record }: Shown<T>): OpenStream {
  const head = { container: engineId, name }
  async function* run(): AsyncGenerator<StreamItem, OwnEnd> {
    let [last, dropped] = [-Infinity, 0]
    for (let turn = await reader.next(); turn; turn = await reader.next()) {
      dropped += turn.missed
      for (const item of turn.items) {
        if ('end' in item) return { reason: item.end }
        if ('state' in item) {
          yield { frames: [{ type: 'state', ...head, state: item.state }] }
          continue
        }
        if (item.time < last + interval * 1_000 - EARLY_MS) continue
        const fields = record(item.value)
        if (!fields) continue
        last = item.time
        yield { frames: [{ ...head, time: new Date(item.time).toISOString(), ...fields, ...(dropped > 0 && { dropped }) }] }
        dropped = 0
      }
    }
    return { reason: 'ended' }
  }
  return { ack: { containerId: engineId, name }, output: run() }
}

function endOf(error: unknown): string | null {
  if (!(error instanceof AppError)) return null
  if (error.code === 'NOT_FOUND') return 'container_removed'
  return error.code === 'CONTAINER_NOT_RUNNING' ? 'container_exited' : null
}

function isAway(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'ENGINE_UNAVAILABLE' || error.code === 'ENGINE_TIMEOUT')
}
