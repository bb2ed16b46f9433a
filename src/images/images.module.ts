import { Global, Module } from '@nestjs/common'
import { ImageSource } from '../common/image-source.js'
import { JobsModule } from '../jobs/index.js'
import { HoldingTags } from './holding-tags.js'
import { ImageCatalog } from './image-catalog.service.js'
import { ImageReconciler } from './image-reconciler.js'
import { ImagesController } from './images.controller.js'
import { Images } from './images.service.js'
import { ImageUsage } from './image-usage.js'
import { LibraryController } from './library.controller.js'
import { Library } from './library.service.js'
import { Puller } from './puller.js'
import { ScratchReferences } from './scratch.js'
import { TeamImages } from './team-images.js'
import { TeamImageSource } from './team-image-source.js'

/** Images as teams have them. Global for its port alone: containers need an image, and know nothing else of this module. */
@Global()
@Module({
  imports: [JobsModule],
  controllers: [ImagesController, LibraryController],
  providers: [
    HoldingTags,
    ImageCatalog,
    ImageReconciler,
    Images,
    ImageUsage,
    Library,
    Puller,
    ScratchReferences,
    TeamImages,
    { provide: ImageSource, useClass: TeamImageSource },
  ],
  exports: [ImageSource],
})
export class ImagesModule {}
