import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import {
  ConnectBody,
  CreateNetworkBody,
  DisconnectBody,
  ListNetworksQuery,
  Network,
  NetworkPage,
  PrunedNetworks,
  PruneNetworksQuery,
} from './dto/network.dto.js'
import { NetworkMembers } from './network-members.service.js'
import { Networks } from './networks.service.js'

/** Networks of your teams. */
@ApiTags('networks')
@Controller('networks')
export class NetworksController {
  constructor(
    private readonly networks: Networks,
    private readonly members: NetworkMembers,
  ) {}

  @Get()
  @Operation('NetworkList', 'Networks of your teams')
  list(@Granted() grant: Grant<'NetworkList'>, @Query() query: ListNetworksQuery): Promise<NetworkPage> {
    return this.networks.list(grant, query)
  }

  /** The gateway chooses the subnet, from `BERTH_NETWORK_POOL`. */
  @Post()
  @Operation('NetworkCreate', 'Create a network')
  create(@Granted() grant: Grant<'NetworkCreate'>, @Body() body: CreateNetworkBody): Promise<Network> {
    return this.networks.create(grant, body)
  }

  /** In your own teams; who has a role on the host names a team. The default networks stay. */
  @Post('prune')
  @HttpCode(200)
  @Operation('NetworkPrune', 'Remove the networks that no container is on')
  prune(@Granted() grant: Grant<'NetworkPrune'>, @Query() query: PruneNetworksQuery): Promise<PrunedNetworks> {
    return this.networks.prune(grant, query)
  }

  @Get(':ref')
  @Operation('NetworkInspect', 'A network, and which containers are on it')
  inspect(@Granted() grant: Grant<'NetworkInspect'>, @Param('ref') _ref: string): Promise<Network> {
    return this.networks.inspect(grant)
  }

  /** The default network comes back with the next container that needs it. */
  @Delete(':ref')
  @HttpCode(204)
  @Operation('NetworkDelete', 'Remove a network that no container is on')
  remove(@Granted() grant: Grant<'NetworkDelete'>, @Param('ref') _ref: string): Promise<void> {
    return this.networks.remove(grant)
  }

  /** Also needs `containers.update`. */
  @Post(':ref/connect')
  @HttpCode(200)
  @Operation('NetworkConnect', 'Put a container on a network')
  connect(@Granted() grant: Grant<'NetworkConnect'>, @Param('ref') _ref: string, @Body() body: ConnectBody): Promise<Network> {
    return this.members.connect(grant, body)
  }

  /** Also needs `containers.update`. */
  @Post(':ref/disconnect')
  @HttpCode(200)
  @Operation('NetworkDisconnect', 'Take a container off a network')
  disconnect(@Granted() grant: Grant<'NetworkDisconnect'>, @Param('ref') _ref: string, @Body() body: DisconnectBody): Promise<Network> {
    return this.members.disconnect(grant, body)
  }
}
