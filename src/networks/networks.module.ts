import { Global, Module } from '@nestjs/common'
import { TeamNetworks } from '../common/team-network.js'
import { DefaultNetworks } from './default-networks.js'
import { HostRoutes } from './host-routes.js'
import { NetworkReconciler } from './network-reconciler.js'
import { Subnets } from './subnets.js'
import { TeamEndpoints } from './team-endpoints.js'

/** Networks of the teams. Global for its port alone: containers and teams need a network, and know nothing else of this module. */
@Global()
@Module({
  providers: [
    DefaultNetworks,
    HostRoutes,
    NetworkReconciler,
    Subnets,
    TeamEndpoints,
    { provide: TeamNetworks, useExisting: TeamEndpoints },
  ],
  exports: [TeamNetworks],
})
export class NetworksModule {}
