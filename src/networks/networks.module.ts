import { Global, Module } from '@nestjs/common'
import { TeamNetworks } from '../common/team-network.js'
import { DefaultNetworks } from './default-networks.js'
import { HostRoutes } from './host-routes.js'
import { Subnets } from './subnets.js'

/** Networks of the teams. Global for its port alone: containers and teams need a network, and know nothing else of this module. */
@Global()
@Module({
  providers: [DefaultNetworks, HostRoutes, Subnets, { provide: TeamNetworks, useExisting: DefaultNetworks }],
  exports: [TeamNetworks],
})
export class NetworksModule {}
