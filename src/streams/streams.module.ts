import { Module } from '@nestjs/common'
import { DiscoveryModule } from '@nestjs/core'
import { StreamRegistry } from './registry.js'
import { StreamsGateway } from './streams.gateway.js'

/** The socket edge: one gateway for every kind of stream; sources register themselves. */
@Module({
  imports: [DiscoveryModule],
  providers: [StreamRegistry, StreamsGateway],
  exports: [StreamRegistry],
})
export class StreamsModule {}
