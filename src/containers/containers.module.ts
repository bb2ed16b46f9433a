import { Module } from '@nestjs/common'
import { ContainerActionsController } from './container-actions.controller.js'
import { ContainerCreation } from './creation/container-creation.service.js'
import { ContainerDetailsReader } from './container-details.service.js'
import { ContainerImages } from './creation/container-images.js'
import { ContainerLifecycle } from './container-lifecycle.service.js'
import { ContainerLogs } from './logs/container-logs.service.js'
import { ContainerLinks } from './creation/container-links.js'
import { ContainerMaker } from './creation/container-maker.js'
import { OPERATION_CONTROLLERS, OPERATION_PROVIDERS } from './container-operations.js'
import { ContainerPreparation } from './creation/container-preparation.js'
import { STREAM_CONTROLLERS, STREAM_PROVIDERS } from './container-streams.js'
import { ContainerStarts } from './container-starts.js'
import { ContainerViews } from './container-views.js'
import { ContainerRenaming } from './container-renaming.js'
import { ContainerTrial } from './creation/container-trial.service.js'
import { ContainersController } from './containers.controller.js'
import { Containers } from './containers.service.js'
import { Host } from './creation/host-facts.js'
import { HostPorts } from './creation/host-ports.js'
import { LogAnswer } from './logs/log-answer.js'
import { MountPlans } from './creation/mount-plan.js'
import { PolicyController } from './policy.controller.js'
import { PolicyChecks } from './policy.service.js'
import { TeamContainers } from './team-containers.js'
import { WatchFeed } from './watch/watch-feed.js'
import { LiveContainers } from './watch/watch-list.js'
import { OwnedRows } from './watch/watch-owned.js'
import { WatchStream } from './watch/watch.stream.js'

@Module({
  controllers: [ContainersController, ContainerActionsController, ...OPERATION_CONTROLLERS, PolicyController, ...STREAM_CONTROLLERS],
  providers: [
    ContainerCreation,
    ContainerDetailsReader,
    ContainerImages,
    ContainerLinks,
    ContainerLifecycle,
    ContainerLogs,
    ContainerMaker,
    ContainerPreparation,
    ContainerRenaming,
    ContainerStarts,
    ContainerTrial,
    Containers,
    ContainerViews,
    LiveContainers,
    Host,
    HostPorts,
    LogAnswer,
    MountPlans,
    ...OPERATION_PROVIDERS,
    PolicyChecks,
    ...STREAM_PROVIDERS,
    TeamContainers,
    OwnedRows,
    WatchFeed,
    WatchStream,
  ],
})
export class ContainersModule {}
