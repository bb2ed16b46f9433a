import { Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import { DiscoveryService } from '@nestjs/core'
import { isOperation, operation, type OperationId, OPERATIONS } from '../access/index.js'
import { STREAM_KIND, type StreamKindInfo, type StreamSource } from './source.js'

export type AnySource = StreamSource<OperationId, object>
export type AnyKind = StreamKindInfo<OperationId, object>

export interface RegisteredSource {
  readonly info: AnyKind
  readonly source: AnySource
}

/** Every provider with a `@StreamKind`: what can be opened, and the boot check that it is what the operations table offers. */
@Injectable()
export class StreamRegistry implements OnApplicationBootstrap {
  private found: ReadonlyMap<string, RegisteredSource> | undefined

  constructor(private readonly discovery: DiscoveryService) {}

  onApplicationBootstrap(): void {
    const kinds = [...this.kinds.values()].map(({ info }) => info)
    assertOffered(kinds)
  }

  /** By kind. */
  get kinds(): ReadonlyMap<string, RegisteredSource> {
    this.found ??= this.discover()
    return this.found
  }

  private discover(): Map<string, RegisteredSource> {
    const found = new Map<string, RegisteredSource>()
    for (const { instance, metatype } of this.discovery.getProviders()) {
      const info = metatype ? (Reflect.getMetadata(STREAM_KIND, metatype) as AnyKind | undefined) : undefined
      if (!info) continue
      if (found.has(info.kind)) throw new Error(`two stream sources for ${info.kind}`)
      found.set(info.kind, { info, source: instance as AnySource })
    }
    return found
  }
}

/**
 * Stops the process from starting when a source has no operation that is offered over sockets, or one that is offered has
 * no source.
 * @throws Error
 */
export function assertOffered(kinds: readonly AnyKind[]): void {
  const served = new Set<string>()
  for (const { kind, operation: id, covers = [] } of kinds) {
    for (const each of [id, ...covers]) {
      if (!isOperation(each))
        throw new Error(`the stream source ${kind} has no row ${String(each)} in the operations table, so it may not run`)
      if (!['stream', 'both'].includes(operation(each).edge))
        throw new Error(`${each} is served by the stream source ${kind}, but not offered over sockets in the operations table`)
      served.add(each)
    }
  }
  const missing = (Object.keys(OPERATIONS) as OperationId[]).filter(
    (id) => ['stream', 'both'].includes(operation(id).edge) && !served.has(id),
  )
  if (missing.length > 0) throw new Error(`offered over sockets, but without a stream source: ${missing.join(', ')}`)
}
