import { Controller, Get, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { SearchImagesQuery } from './dto/image.query.js'
import { ImageSearchResult } from './dto/image.response.js'
import { ImageSearch } from './image-search.service.js'

/** Images that no team has yet. */
@ApiTags('images')
@Controller('image-search')
export class ImageSearchController {
  constructor(private readonly images: ImageSearch) {}

  @Get()
  @Operation('ImageSearch', 'Search the hub and the registries of the team')
  search(@Granted() grant: Grant<'ImageSearch'>, @Query() query: SearchImagesQuery): Promise<ImageSearchResult> {
    return this.images.search(grant, query)
  }
}
