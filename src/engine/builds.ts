import type { CallOptions, EngineClient } from './client.js'
import { query } from './engine-path.js'
import { progressOf } from './progress.js'
import type { ProgressEvent } from './types.js'

/** What the classic builder is told; BuildKit's sessions and frontends are not used. */
export interface BuildOptions {
  /** Within the context. */
  readonly dockerfile: string
  readonly target?: string | undefined
  readonly buildArgs: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  /** `none`, or the engine's name of a network. */
  readonly network: string
  /** Content ids. Without any there is no cache: the engine's own is of all that was ever built on the host. */
  readonly cacheFrom: readonly string[]
  /** Bytes, of each command. */
  readonly memory: number
  /** Cpus, of each command. */
  readonly cpus: number
  readonly signal?: AbortSignal
}

const PERIOD = 100_000

/** The engine's builder. */
export class Builds {
  constructor(private readonly client: EngineClient) {}

  /** Builds a context into content without a name; the `aux` of the last stage has its id. Giving it up ends the present command and removes its container. */
  run(context: AsyncIterable<Uint8Array>, options: BuildOptions): AsyncGenerator<ProgressEvent> {
    const call: CallOptions = { upload: context, endless: true, doing: { verb: 'build' } }
    return progressOf('build', (opening) => {
      const signal = options.signal ? AbortSignal.any([options.signal, opening]) : opening
      return this.client.stream('POST', `/build${query(parameters(options))}`, { ...call, signal })
    })
  }
}

function parameters(options: BuildOptions): Parameters<typeof query>[0] {
  const { dockerfile, target, buildArgs, labels, network, cacheFrom, memory, cpus } = options
  return {
    dockerfile,
    target,
    buildargs: buildArgs,
    labels,
    networkmode: network,
    // an empty list would mean the cache of the whole host
    ...(cacheFrom.length > 0 ? { cachefrom: cacheFrom } : { nocache: true }),
    rm: true,
    forcerm: true,
    memory,
    memswap: memory,
    cpuperiod: PERIOD,
    cpuquota: Math.round(cpus * PERIOD),
  }
}
