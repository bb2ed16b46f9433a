import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import type { BytesIn, BytesOut } from '../common/bytes.js'
import { AnswersBytes, TakesBytes, Upload } from '../http/bytes.js'
import { Ending } from '../http/ending.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { Job, StartsJob } from '../jobs/index.js'
import { ImportImageQuery, LoadImagesQuery, SaveImagesQuery } from './dto/archive.query.js'
import { BuildImageQuery } from './dto/build.query.js'
import { ImageBuilds } from './image-builds.service.js'
import { ImageImports } from './image-import.service.js'
import { ImageLoads } from './image-loads.service.js'
import { ImageSaves } from './image-saves.service.js'

const ARCHIVES = ['application/x-tar', 'application/gzip', 'application/x-gzip', 'application/zstd', 'application/octet-stream']

/** Images as archives, and out of them. */
@ApiTags('images')
@Controller('images')
export class ImageArchivesController {
  constructor(
    private readonly builds: ImageBuilds,
    private readonly imports: ImageImports,
    private readonly loads: ImageLoads,
    private readonly saves: ImageSaves,
  ) {}

  @Post('build')
  @HttpCode(202)
  @TakesBytes(ARCHIVES)
  @StartsJob()
  @Operation('ImageBuild', 'Build an image from a context, a tar with a Dockerfile in it')
  build(@Granted() grant: Grant<'ImageBuild'>, @Query() query: BuildImageQuery, @Upload() body: BytesIn): Promise<Job> {
    return this.builds.build(grant, query, body)
  }

  @Post('import')
  @HttpCode(202)
  @TakesBytes(ARCHIVES)
  @StartsJob()
  @Operation('ImageImport', 'Make an image of the tar of a root file system')
  import(@Granted() grant: Grant<'ImageImport'>, @Query() query: ImportImageQuery, @Upload() body: BytesIn): Promise<Job> {
    return this.imports.import(grant, query, body)
  }

  @Post('load')
  @HttpCode(202)
  @TakesBytes(ARCHIVES)
  @StartsJob()
  @Operation('ImageLoad', 'Load images from an archive of docker save')
  load(@Granted() grant: Grant<'ImageLoad'>, @Query() query: LoadImagesQuery, @Upload() body: BytesIn): Promise<Job> {
    return this.loads.load(grant, query, body)
  }

  @Get('save')
  @AnswersBytes(['application/x-tar'])
  @Operation('ImageGetAll', 'Several images as one archive')
  saveAll(@Granted() grant: Grant<'ImageGetAll'>, @Query() query: SaveImagesQuery, @Ending() ending: AbortSignal): Promise<BytesOut> {
    return this.saves.saveAll(grant, query, ending)
  }

  @Get(':ref/save')
  @AnswersBytes(['application/x-tar'])
  @Operation('ImageGet', 'An image as an archive that docker load takes')
  save(@Granted() grant: Grant<'ImageGet'>, @Param('ref') _ref: string, @Ending() ending: AbortSignal): Promise<BytesOut> {
    return this.saves.save(grant, ending)
  }
}
