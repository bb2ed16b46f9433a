import { Global, Module } from '@nestjs/common'
import { TeamNetworks } from '../common/team-network.js'
import { DefaultNetworks } from './default-networks.js'
import { HostRoutes } from './host-routes.js'
import { Endpoints } from './endpoints.js'
import { NetworkMaker } from './network-maker.js'
import { NetworkMembers } from './network-members.service.js'
import { NetworkReconciler } from './network-reconciler.js'
import { NetworkViews } from './network-views.js'
import { NetworksController } from './networks.controller.js'
import { Networks } from './networks.service.js'
import { Subnets } from './subnets.js'
import { TeamEndpoints } from './team-endpoints.js'

/** Networks. Global for its port alone: containers and teams need a network, and know nothing else of this module. */
@Global()
@Module({
  controllers: [NetworksController],
  providers: [
    DefaultNetworks,
    Endpoints,
    HostRoutes,
    NetworkMaker,
    NetworkMembers,
    NetworkReconciler,
    Networks,
    NetworkViews,
    Subnets,
    TeamEndpoints,
    { provide: TeamNetworks, useExisting: TeamEndpoints },
  ],
  exports: [TeamNetworks],
})
export class NetworksModule {}
