import { Module } from '@nestjs/common'
import { ContainerActionsController } from './container-actions.controller.js'
import { ContainerCreation } from './container-creation.service.js'
import { ContainerDetailsReader } from './container-details.service.js'
import { ContainerImages } from './container-images.js'
import { ContainerLifecycle } from './container-lifecycle.service.js'
import { ContainerLogs } from './container-logs.service.js'
import { ContainerMaker } from './container-maker.js'
import { ContainerPreparation } from './container-preparation.js'
import { STREAM_CONTROLLERS, STREAM_PROVIDERS } from './container-streams.js'
import { ContainerViews } from './container-views.js'
import { ContainerRenaming } from './container-renaming.js'
import { ContainersController } from './containers.controller.js'
import { Containers } from './containers.service.js'
import { Host } from './host-facts.js'
import { LogAnswer } from './log-answer.js'
import { MountPlans } from './mount-plan.js'
import { OpenRights } from './open-rights.js'
import { PolicyController } from './policy.controller.js'
import { PolicyChecks } from './policy.service.js'
import { TeamContainers } from './team-containers.js'
import { LiveContainers } from './watch-list.js'
import { OwnedRows } from './watch-owned.js'

@Module({
  controllers: [ContainersController, ContainerActionsController, PolicyController, ...STREAM_CONTROLLERS],
  providers: [
    ContainerCreation,
    ContainerDetailsReader,
    ContainerImages,
    ContainerLifecycle,
    ContainerLogs,
    ContainerMaker,
    ContainerPreparation,
    ContainerRenaming,
    Containers,
    ContainerViews,
    LiveContainers,
    Host,
    LogAnswer,
    MountPlans,
    OpenRights,
    PolicyChecks,
    ...STREAM_PROVIDERS,
    TeamContainers,
    OwnedRows,
  ],
})
export class ContainersModule {}
