import { Global, Module } from '@nestjs/common'
import { VolumeSource } from '../common/volume-source.js'
import { TeamVolumes } from './team-volumes.js'
import { VolumePrune } from './volume-prune.service.js'
import { VolumeViews } from './volume-views.js'
import { VolumesController } from './volumes.controller.js'
import { Volumes } from './volumes.service.js'

/** Volumes. Global for its port alone: containers need a volume, and know nothing else of this module. */
@Global()
@Module({
  controllers: [VolumesController],
  providers: [TeamVolumes, VolumePrune, Volumes, VolumeViews, { provide: VolumeSource, useExisting: TeamVolumes }],
  exports: [VolumeSource],
})
export class VolumesModule {}
