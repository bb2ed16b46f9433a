import { Injectable } from '@nestjs/common'
import type { Grant } from '../../access/index.js'
import { Engine } from '../../engine/index.js'
import {
  type LogCursors,
  type OpenStream,
  type OwnEnd,
  type StreamContext,
  type StreamItem,
  StreamKind,
  type StreamSource,
} from '../../streams/source.js'
import { cursorOf, lastRead, replaced } from './logs-cursor.js'
import { LogFeeds } from './logs-feed.js'
import { LogFilter } from './logs-filter.js'
import { LOG_LEVELS } from './logs-level.js'
import { merged } from './logs-merge.js'
import { LogsParams } from './logs-params.dto.js'
import { removedGap } from './logs-records.js'
import { LogTail } from './logs-tail.js'

/** Twenty-five events a second look as smooth as two hundred; for hundreds of viewers each one more is a write to each. */
const LINGER_MS = 40

const TEXT = {
  oneOf: [{ type: 'string' }, { type: 'string', format: 'binary' }],
  description: 'without the line feed: a string where the bytes are UTF-8, else the bytes',
}
const FRAMES = [
  {
    type: 'object',
    description: 'a line; its place for a resume is [time, n] under its container and stream',
    required: ['type', 'container', 'name', 'stream', 'time', 'n', 'text'],
    properties: {
      type: { const: 'log' },
      container: { type: 'string', description: 'full id' },
      name: { type: 'string' },
      stream: { enum: ['stdout', 'stderr'] },
      time: { type: 'string', description: 'RFC 3339 with nanoseconds' },
      n: { type: 'integer', description: 'counts the lines of this stream that have the same time' },
      text: TEXT,
      end: {
        enum: ['part', 'cut'],
        description:
          'part: a line of more than 1 MiB goes on in the next record; cut: the log ends without a line feed, not for the cursor',
      },
      skipped: {
        type: 'integer',
        description: 'with a search: so many lines of this output before it do not match, and were not counted yet',
      },
      level: { enum: [...LOG_LEVELS], description: 'where it was asked for, and the line says one' },
      json: { const: true, description: 'where it was asked for: the line is a JSON object' },
      message: { type: 'string', description: 'of a JSON object, where it has one' },
    },
  },
  {
    type: 'object',
    description:
      'with a search, after a second and at the end: so many lines that do not match were left out, and the cursor is behind them',
    required: ['type', 'container', 'name', 'count', 'cursor'],
    properties: {
      type: { const: 'skipped' },
      container: { type: 'string' },
      name: { type: 'string' },
      count: { type: 'integer' },
      cursor: { type: 'object', description: 'put it into the cursor under the container' },
    },
  },
  {
    type: 'object',
    description: 'the engine can not be read now, or can again; nothing is lost meanwhile',
    required: ['type', 'container', 'name', 'state'],
    properties: {
      type: { const: 'state' },
      container: { type: 'string' },
      name: { type: 'string' },
      state: { enum: ['engine_unavailable', 'following'] },
    },
  },
]

/**
 * `container.logs`: lines of one or many containers, live when followed. By id it ends when the container stops; by name it
 * goes on when it is started again, and with the next container of that name.
 */
@Injectable()
@StreamKind({
  kind: 'container.logs',
  operation: 'ContainerLogs',
  params: LogsParams,
  summary: 'Lines of the logs of one or many containers',
  frames: FRAMES,
})
export class LogsStream implements StreamSource<'ContainerLogs', LogsParams> {
  constructor(
    private readonly engine: Engine,
    private readonly feeds: LogFeeds,
  ) {}

  pointers({ containers, team }: LogsParams) {
    return containers.map((ref) => ({ ref, team }))
  }

  async open(grants: readonly Grant<'ContainerLogs'>[], params: LogsParams, context: StreamContext<'ContainerLogs'>): Promise<OpenStream> {
    const { engine, feeds } = this
    const filter = new LogFilter(params)
    const tails = grants.map((grant, index) => new LogTail({ engine, feeds, context, params, filter }, grant, params.containers[index]!))
    await Promise.all(tails.map((tail) => tail.connect()))
    const containers = grants.map(({ target }) => ({ id: target.engineId, name: target.name }))
    const ids = containers.map(({ id }) => id)
    return {
      ack: { containers, ...openingOf(tails, ids) },
      lingerMs: LINGER_MS,
      output: after(
        replaced(params.cursor, ids).map((id) => removedGap(id, lastRead(cursorOf(params.cursor, id)))),
        merged(
          tails.map((tail) => tail.items()),
          ids,
        ),
      ),
    }
  }
}

/** What a reader's cursor begins with, where `tail` and `follow` ask for a part of the log that is known only now. */
function openingOf(tails: readonly LogTail[], ids: readonly string[]): { cursor?: LogCursors } {
  const places = tails.flatMap(({ opening }, index) => (opening ? [[ids[index]!, opening] as const] : []))
  return places.length > 0 ? { cursor: Object.fromEntries(places) } : {}
}

async function* after(gaps: readonly StreamItem[], output: AsyncGenerator<StreamItem, OwnEnd>): AsyncGenerator<StreamItem, OwnEnd> {
  yield* gaps
  return yield* output
}
