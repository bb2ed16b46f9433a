import { ContainerBulk } from './container-bulk.service.js'
import { ContainerExec } from './terminals/container-exec.service.js'
import { ContainerExecs } from './terminals/container-execs.js'
import { ContainerFilesController } from './files/container-files.controller.js'
import { ContainerFiles } from './files/container-files.service.js'
import { ContainerMonitor } from './container-monitor.service.js'
import { ContainerPrune } from './container-prune.service.js'
import { ContainerRemoval } from './container-removal.js'
import { ContainerRuntimeController } from './container-runtime.controller.js'
import { ContainersBulkController } from './containers-bulk.controller.js'
import { ContainerUpdates } from './container-update.service.js'

/** What is done to containers beside their life: files, commands, limits, and many at once. */
export const OPERATION_CONTROLLERS = [ContainersBulkController, ContainerFilesController, ContainerRuntimeController]

/** The services of these. */
export const OPERATION_PROVIDERS = [
  ContainerBulk,
  ContainerExec,
  ContainerExecs,
  ContainerFiles,
  ContainerMonitor,
  ContainerPrune,
  ContainerRemoval,
  ContainerUpdates,
]
