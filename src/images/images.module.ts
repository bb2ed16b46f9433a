import { Global, Module } from '@nestjs/common'
import { ImageSource } from '../common/image-source.js'
import { ImageSpace } from '../common/image-space.js'
import { JobsModule } from '../jobs/index.js'
import { BuildLeftovers } from './build/build-leftovers.js'
import { Builder } from './builder.js'
import { HoldingTags } from './holding-tags.js'
import { ImageArchivesController } from './image-archives.controller.js'
import { ImageBuilds } from './image-builds.service.js'
import { ImageCatalog } from './image-catalog.service.js'
import { ImageCommitController } from './image-commit.controller.js'
import { ImageCommits } from './image-commits.service.js'
import { ImageImports } from './image-import.service.js'
import { ImageLayers } from './image-layers.js'
import { ImageLoads } from './image-loads.service.js'
import { ImagePrune } from './image-prune.service.js'
import { ImageReconciler } from './image-reconciler.js'
import { ImageSaves } from './image-saves.service.js'
import { ImageSearchController } from './image-search.controller.js'
import { ImageSearch } from './image-search.service.js'
import { ImageSharing } from './image-sharing.service.js'
import { ImagesController } from './images.controller.js'
import { Images } from './images.service.js'
import { ImageUsage } from './image-usage.js'
import { Leftovers } from './leftovers.js'
import { LibraryController } from './library.controller.js'
import { Library } from './library.service.js'
import { NewContent } from './new-content.js'
import { Puller } from './puller.js'
import { Pusher } from './pusher.js'
import { TeamRegistryAuth } from './registry-auth.js'
import { ScratchReferences } from './scratch.js'
import { TeamImages } from './team-images.js'
import { TeamImageSource } from './team-image-source.js'
import { TeamImageSpace } from './team-image-space.js'
import { UploadJobs } from './upload.js'

/** Images as teams have them. Global for its ports alone: others need an image or its size, and know nothing else of this module. */
@Global()
@Module({
  imports: [JobsModule],
  controllers: [ImageArchivesController, ImageCommitController, ImagesController, ImageSearchController, LibraryController],
  providers: [
    BuildLeftovers,
    Builder,
    HoldingTags,
    ImageBuilds,
    ImageCatalog,
    ImageCommits,
    ImageImports,
    ImageLayers,
    ImageLoads,
    ImagePrune,
    ImageReconciler,
    Images,
    ImageSaves,
    ImageSearch,
    ImageSharing,
    ImageUsage,
    Leftovers,
    Library,
    NewContent,
    Puller,
    Pusher,
    ScratchReferences,
    TeamImages,
    TeamRegistryAuth,
    TeamImageSource,
    UploadJobs,
    { provide: ImageSource, useExisting: TeamImageSource },
    { provide: ImageSpace, useClass: TeamImageSpace },
  ],
  exports: [ImageSource, ImageSpace],
})
export class ImagesModule {}
