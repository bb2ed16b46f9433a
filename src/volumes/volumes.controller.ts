import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { DryRunBy } from '../http/dry-run.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { CreateVolumeBody, ListVolumesQuery, PrunedVolumes, PruneVolumesQuery, Volume, VolumePage } from './dto/volume.dto.js'
import { VolumePrune } from './volume-prune.service.js'
import { Volumes } from './volumes.service.js'

/** Volumes of your teams. */
@ApiTags('volumes')
@Controller('volumes')
export class VolumesController {
  constructor(
    private readonly volumes: Volumes,
    private readonly pruning: VolumePrune,
  ) {}

  @Get()
  @Operation('VolumeList', 'Volumes of your teams')
  list(@Granted() grant: Grant<'VolumeList'>, @Query() query: ListVolumesQuery): Promise<VolumePage> {
    return this.volumes.list(grant, query)
  }

  @Post()
  @DryRunBy('check')
  @Operation('VolumeCreate', 'Create a volume')
  create(@Granted() grant: Grant<'VolumeCreate'>, @Body() body: CreateVolumeBody): Promise<Volume> {
    return this.volumes.create(grant, body)
  }

  /** A creation that is only tried. */
  check(grant: Grant<'VolumeCreate'>, body: CreateVolumeBody): Promise<void> {
    return this.volumes.check(grant, body)
  }

  /** In your own teams; who has a role on the host names a team. Anonymous ones only, unless all are asked for. */
  @Post('prune')
  @HttpCode(200)
  @Operation('VolumePrune', 'Remove the volumes that no container mounts')
  prune(@Granted() grant: Grant<'VolumePrune'>, @Query() query: PruneVolumesQuery): Promise<PrunedVolumes> {
    return this.pruning.prune(grant, query)
  }

  @Get(':name')
  @Operation('VolumeInspect', 'A volume, and which containers mount it')
  inspect(@Granted() grant: Grant<'VolumeInspect'>, @Param('name') _name: string): Promise<Volume> {
    return this.volumes.inspect(grant)
  }

  @Delete(':name')
  @HttpCode(204)
  @Operation('VolumeDelete', 'Remove a volume that no container mounts')
  remove(@Granted() grant: Grant<'VolumeDelete'>, @Param('name') _name: string): Promise<void> {
    return this.volumes.remove(grant)
  }
}
