import { Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import { METHOD_METADATA } from '@nestjs/common/constants.js'
import { DiscoveryService, MetadataScanner } from '@nestjs/core'
import { operation, type OperationId, OPERATIONS } from '../access/index.js'
import { OPERATION } from './operation.decorator.js'

/** Stops the process from starting when a handler has no operation, or an offered REST operation has no handler. */
@Injectable()
export class Coverage implements OnApplicationBootstrap {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  onApplicationBootstrap(): void {
    const served = this.served()
    const offered = (Object.keys(OPERATIONS) as OperationId[]).filter((id) => ['rest', 'both'].includes(operation(id).edge))
    const missing = offered.filter((id) => !served.has(id))
    const extra = [...served].filter((id) => !offered.includes(id))
    if (extra.length > 0) throw new Error(`served over rest, but not offered in the operations table: ${extra.join(', ')}`)
    if (missing.length > 0) throw new Error(`offered over rest, but without a handler: ${missing.join(', ')}`)
  }

  private served(): Set<OperationId> {
    const served = new Set<OperationId>()
    for (const { instance, metatype } of this.discovery.getControllers()) {
      const prototype = Object.getPrototypeOf(instance) as Record<string, object>
      for (const name of this.scanner.getAllMethodNames(prototype)) {
        const handler = prototype[name]!
        if (Reflect.getMetadata(METHOD_METADATA, handler) === undefined) continue
        const id = Reflect.getMetadata(OPERATION, handler) as OperationId | undefined
        if (!id) throw new Error(`${metatype?.name ?? 'a controller'}.${name} has no row in the operations table, so it may not run`)
        served.add(id)
      }
    }
    return served
  }
}
