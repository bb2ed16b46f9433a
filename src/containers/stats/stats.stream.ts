import { Injectable } from '@nestjs/common'
import type { Grant } from '../../access/index.js'
import { AppError } from '../../common/errors.js'
import { type ContainerStats, Engine } from '../../engine/index.js'
import { type Audience, type OpenStream, SharedUpstreams, type StreamContext, StreamKind, type StreamSource } from '../../streams/source.js'
import { figuresOf, isRunning } from './stats-figures.js'
import { releaseWhenGone } from '../container-life.js'
import { SampleParams } from './stats-params.dto.js'
import { NEWEST, type Sampled, samples, shown } from './stats-samples.js'

const BYTES = { type: 'integer', description: 'bytes' }
const FIGURES = {
  cpu: {
    type: 'object',
    description: 'percent is of one core: 200 is two cores at work',
    properties: { cores: { type: 'number' }, percent: { type: 'number' }, online: { type: 'integer' } },
  },
  memory: {
    type: 'object',
    description: 'used is without the file cache that the kernel can take back',
    properties: { used: BYTES, limit: BYTES, percent: { type: 'number' } },
  },
  network: { type: 'object', description: 'since its start, over all interfaces', properties: { received: BYTES, sent: BYTES } },
  blockIo: { type: 'object', description: 'since its start', properties: { read: BYTES, written: BYTES } },
  pids: { type: 'integer' },
}
const FRAMES = [
  {
    type: 'object',
    required: ['type', 'container', 'name', 'time', ...Object.keys(FIGURES)],
    properties: {
      type: { const: 'stats' },
      container: { type: 'string', description: 'full id' },
      name: { type: 'string' },
      time: { type: 'string', description: 'RFC 3339' },
      ...FIGURES,
      dropped: { type: 'integer', description: 'samples before this one that are left out, because the reader was too slow for them' },
    },
  },
]

/** `container.stats`: what a running container uses, about each second. One upstream however many look. */
@Injectable()
@StreamKind({
  kind: 'container.stats',
  operation: 'ContainerStats',
  params: SampleParams,
  summary: 'What a running container uses',
  frames: FRAMES,
})
export class StatsStream implements StreamSource<'ContainerStats', SampleParams> {
  private readonly upstreams = new SharedUpstreams<Sampled<ContainerStats>>(NEWEST)

  constructor(private readonly engine: Engine) {}

  pointers({ container, team }: SampleParams) {
    return [{ ref: container, team }]
  }

  async open(
    [grant]: readonly Grant<'ContainerStats'>[],
    { interval = 1 }: SampleParams,
    context: StreamContext<'ContainerStats'>,
  ): Promise<OpenStream> {
    const { target } = grant!
    releaseWhenGone(this.engine, grant!, { id: target.engineId, context })
    await this.assertRunning(target.engineId)
    const reader = await this.upstreams.join(target.engineId, (audience) => this.look(target.engineId, audience), context)
    return shown({ target, reader, interval, record: recordOf })
  }

  private look(id: string, audience: Audience): Promise<AsyncGenerator<Sampled<ContainerStats>[]>> {
    const look = async () => untilStopped(await this.engine.containers.stats(id, { signal: audience.signal }))
    return samples({ engine: this.engine, audience, look })
  }

  /** The engine gives empty samples of one that does not run. */
  private async assertRunning(id: string): Promise<void> {
    const running = this.engine.inventory.containers.get(id)?.state ?? (await this.engine.inventory.refresh('container', id))?.state
    if (running !== 'running' && running !== 'paused') throw new AppError('CONTAINER_NOT_RUNNING')
  }
}

async function* untilStopped(all: AsyncGenerator<ContainerStats>): AsyncGenerator<ContainerStats> {
  for await (const sample of all) {
    if (!isRunning(sample)) return
    yield sample
  }
}

function recordOf(sample: ContainerStats): object | null {
  const figures = figuresOf(sample)
  return figures && { type: 'stats', ...figures }
}
