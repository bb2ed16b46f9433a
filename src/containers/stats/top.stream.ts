import { Injectable } from '@nestjs/common'
import type { Grant } from '../../access/index.js'
import { type ContainerTop, Engine } from '../../engine/index.js'
import { type Audience, type OpenStream, SharedUpstreams, type StreamContext, StreamKind, type StreamSource } from '../../streams/source.js'
import { releaseWhenGone, whenStopped } from '../container-life.js'
import { SampleParams } from './stats-params.dto.js'
import { NEWEST, type Sampled, samples, shown } from './stats-samples.js'

/** Seconds between two lists where the reader does not say. */
const INTERVAL = 2

const FRAMES = [
  {
    type: 'object',
    required: ['type', 'container', 'name', 'time', 'titles', 'processes'],
    properties: {
      type: { const: 'top' },
      container: { type: 'string', description: 'full id' },
      name: { type: 'string' },
      time: { type: 'string', description: 'RFC 3339' },
      titles: { type: 'array', items: { type: 'string' }, description: 'heads of the columns' },
      processes: { type: 'array', items: { type: 'array', items: { type: 'string' } }, description: 'one row for each process' },
      dropped: { type: 'integer', description: 'lists before this one that are left out, because the reader was too slow for them' },
    },
  },
]

/** `container.top`: the processes of a running container, as often as the fastest of its readers wants. */
@Injectable()
@StreamKind({
  kind: 'container.top',
  operation: 'ContainerTop',
  params: SampleParams,
  summary: 'Processes of a running container, again and again',
  frames: FRAMES,
})
export class TopStream implements StreamSource<'ContainerTop', SampleParams> {
  private readonly upstreams = new SharedUpstreams<Sampled<ContainerTop>>(NEWEST)

  constructor(private readonly engine: Engine) {}

  pointers({ container, team }: SampleParams) {
    return [{ ref: container, team }]
  }

  async open(
    [grant]: readonly Grant<'ContainerTop'>[],
    { interval = INTERVAL }: SampleParams,
    context: StreamContext<'ContainerTop'>,
  ): Promise<OpenStream> {
    const { target } = grant!
    const { signal } = context
    releaseWhenGone(this.engine, grant!, { id: target.engineId, context })
    const look = (audience: Audience) => this.look(target.engineId, audience)
    const reader = await this.upstreams.join(target.engineId, look, { signal, everyMs: interval * 1_000 })
    return shown({ target, reader, interval, record: ({ Titles, Processes }) => ({ type: 'top', titles: Titles, processes: Processes }) })
  }

  private look(id: string, audience: Audience): Promise<AsyncGenerator<Sampled<ContainerTop>[]>> {
    const { containers } = this.engine
    const next = async (): Promise<void> => {
      const waiting = new AbortController()
      // its end is seen at once, however long the interval
      await Promise.race([audience.pace(), whenStopped(this.engine, id, AbortSignal.any([audience.signal, waiting.signal]))])
      waiting.abort()
    }
    const look = async () => again(await containers.top(id), () => containers.top(id), { signal: audience.signal, next })
    return samples({ engine: this.engine, audience, look })
  }
}

async function* again<T>(
  first: T,
  ask: () => Promise<T>,
  { next, signal }: { next: () => Promise<void>; signal: AbortSignal },
): AsyncGenerator<T> {
  yield first
  for (await next(); !signal.aborted; await next()) yield await ask()
}
