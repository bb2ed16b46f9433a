import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { Job, StartsJob } from '../jobs/index.js'
import { PruneImagesBody, PullImageBody, PushImageBody, TagImageBody } from './dto/image.body.js'
import { ListImagesQuery, RemoveImageQuery } from './dto/image.query.js'
import { ImageDetails, ImageHistory, ImagePage, ImageRemoval, ImagesPruned, ImageTagged } from './dto/image.response.js'
import { ImageLayerList } from './dto/layers.response.js'
import { ImageCatalog } from './image-catalog.service.js'
import { ImagePrune } from './image-prune.service.js'
import { ImageSharing } from './image-sharing.service.js'
import { Images } from './images.service.js'

/** Images, by the references that each team has. */
@ApiTags('images')
@Controller('images')
export class ImagesController {
  constructor(
    private readonly catalog: ImageCatalog,
    private readonly images: Images,
    private readonly pruning: ImagePrune,
    private readonly sharing: ImageSharing,
  ) {}

  @Get()
  @Operation('ImageList', 'Images of your teams and of the library')
  list(@Granted() grant: Grant<'ImageList'>, @Query() query: ListImagesQuery): Promise<ImagePage> {
    return this.catalog.list(grant, query)
  }

  @Post('pull')
  @HttpCode(202)
  @StartsJob()
  @Operation('ImageCreate', 'Pull an image')
  pull(@Granted() grant: Grant<'ImageCreate'>, @Body() body: PullImageBody): Promise<Job> {
    return this.images.pull(grant, body)
  }

  @Post('push')
  @HttpCode(202)
  @StartsJob()
  @Operation('ImagePush', 'Push an image to its registry')
  push(@Granted() grant: Grant<'ImagePush'>, @Body() body: PushImageBody): Promise<Job> {
    return this.images.push(grant, body)
  }

  @Post('prune')
  @HttpCode(200)
  @Operation('ImagePrune', 'Take away images that nobody of the team uses')
  prune(@Granted() grant: Grant<'ImagePrune'>, @Body() body: PruneImagesBody): Promise<ImagesPruned> {
    return this.pruning.prune(grant, body)
  }

  @Post('tag')
  @Operation('ImageTag', 'Give an image one more reference')
  tag(@Granted() grant: Grant<'ImageTag'>, @Body() body: TagImageBody): Promise<ImageTagged> {
    return this.images.tag(grant, body)
  }

  @Get(':ref')
  @Operation('ImageInspect', 'Everything about an image')
  inspect(@Granted() grant: Grant<'ImageInspect'>, @Param('ref') _ref: string): Promise<ImageDetails> {
    return this.catalog.inspect(grant)
  }

  @Get(':ref/history')
  @Operation('ImageHistory', 'The steps that an image was made by')
  history(@Granted() grant: Grant<'ImageHistory'>, @Param('ref') _ref: string): Promise<ImageHistory> {
    return this.catalog.history(grant)
  }

  @Get(':ref/layers')
  @Operation('ImageLayers', 'The layers of an image, and which of your images share them')
  layers(@Granted() grant: Grant<'ImageLayers'>, @Param('ref') _ref: string): Promise<ImageLayerList> {
    return this.sharing.list(grant)
  }

  @Delete(':ref')
  @Operation('ImageDelete', 'Remove a reference, or by id all that the team has to an image')
  remove(@Granted() grant: Grant<'ImageDelete'>, @Param('ref') _ref: string, @Query() query: RemoveImageQuery): Promise<ImageRemoval> {
    return this.images.remove(grant, query)
  }
}
