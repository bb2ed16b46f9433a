import { Module } from '@nestjs/common'
import { ContainerActionsController } from './container-actions.controller.js'
import { ContainerBulk } from './container-bulk.service.js'
import { ContainerCreation } from './container-creation.service.js'
import { ContainerDetailsReader } from './container-details.service.js'
import { ContainerExec } from './container-exec.service.js'
import { ContainerExecs } from './container-execs.js'
import { ContainerFilesController } from './container-files.controller.js'
import { ContainerFiles } from './container-files.service.js'
import { ContainerImages } from './container-images.js'
import { ContainerLifecycle } from './container-lifecycle.service.js'
import { ContainerLogs } from './container-logs.service.js'
import { ContainerMaker } from './container-maker.js'
import { ContainerMonitor } from './container-monitor.service.js'
import { ContainerPreparation } from './container-preparation.js'
import { STREAM_PROVIDERS } from './container-streams.js'
import { ContainerPrune } from './container-prune.service.js'
import { ContainerRemoval } from './container-removal.js'
import { ContainerRuntimeController } from './container-runtime.controller.js'
import { ContainerUpdates } from './container-update.service.js'
import { ContainerViews } from './container-views.js'
import { ContainerRenaming } from './container-renaming.js'
import { ContainersBulkController } from './containers-bulk.controller.js'
import { ContainersController } from './containers.controller.js'
import { Containers } from './containers.service.js'
import { Host } from './host-facts.js'
import { LogAnswer } from './log-answer.js'
import { MountPlans } from './mount-plan.js'
import { PolicyController } from './policy.controller.js'
import { PolicyChecks } from './policy.service.js'
import { TeamContainers } from './team-containers.js'
import { LiveContainers } from './watch-list.js'
import { OwnedRows } from './watch-owned.js'

@Module({
  controllers: [
    ContainersController,
    ContainersBulkController,
    ContainerActionsController,
    ContainerFilesController,
    ContainerRuntimeController,
    PolicyController,
  ],
  providers: [
    ContainerBulk,
    ContainerCreation,
    ContainerDetailsReader,
    ContainerExec,
    ContainerExecs,
    ContainerFiles,
    ContainerImages,
    ContainerLifecycle,
    ContainerLogs,
    ContainerMaker,
    ContainerMonitor,
    ContainerPreparation,
    ContainerPrune,
    ContainerRemoval,
    ContainerRenaming,
    Containers,
    ContainerUpdates,
    ContainerViews,
    LiveContainers,
    Host,
    LogAnswer,
    MountPlans,
    PolicyChecks,
    ...STREAM_PROVIDERS,
    TeamContainers,
    OwnedRows,
  ],
})
export class ContainersModule {}
