import { Global, Module } from '@nestjs/common'
import { ImageSource } from '../common/image-source.js'
import { ImageSpace } from '../common/image-space.js'
import { JobsModule } from '../jobs/index.js'
import { HoldingTags } from './holding-tags.js'
import { ImageCatalog } from './image-catalog.service.js'
import { ImageLayers } from './image-layers.js'
import { ImagePrune } from './image-prune.service.js'
import { ImageReconciler } from './image-reconciler.js'
import { ImageSearchController } from './image-search.controller.js'
import { ImageSearch } from './image-search.service.js'
import { ImageSharing } from './image-sharing.service.js'
import { ImagesController } from './images.controller.js'
import { Images } from './images.service.js'
import { ImageUsage } from './image-usage.js'
import { LibraryController } from './library.controller.js'
import { Library } from './library.service.js'
import { Puller } from './puller.js'
import { Pusher } from './pusher.js'
import { TeamRegistryAuth } from './registry-auth.js'
import { ScratchReferences } from './scratch.js'
import { TeamImages } from './team-images.js'
import { TeamImageSource } from './team-image-source.js'
import { TeamImageSpace } from './team-image-space.js'

/** Images as teams have them. Global for its ports alone: others need an image or its size, and know nothing else of this module. */
@Global()
@Module({
  imports: [JobsModule],
  controllers: [ImagesController, ImageSearchController, LibraryController],
  providers: [
    HoldingTags,
    ImageCatalog,
    ImageLayers,
    ImagePrune,
    ImageReconciler,
    Images,
    ImageSearch,
    ImageSharing,
    ImageUsage,
    Library,
    Puller,
    Pusher,
    ScratchReferences,
    TeamImages,
    TeamRegistryAuth,
    { provide: ImageSource, useClass: TeamImageSource },
    { provide: ImageSpace, useClass: TeamImageSpace },
  ],
  exports: [ImageSource, ImageSpace],
})
export class ImagesModule {}
