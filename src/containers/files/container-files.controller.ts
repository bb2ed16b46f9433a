import { Controller, Get, Head, HttpCode, Param, Put, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../../access/index.js'
import type { BytesIn, BytesOut } from '../../common/bytes.js'
import { AnswersBytes, TakesBytes, Upload } from '../../http/bytes.js'
import { Ending } from '../../http/ending.js'
import { AnswersHead } from '../../http/head-answer.js'
import { Granted, Operation } from '../../http/operation.decorator.js'
import { ContainerFiles } from './container-files.service.js'
import { PathQuery, ReadArchiveQuery, WriteArchiveQuery } from '../dto/archive.query.js'
import { FileChanges, WrittenArchive } from '../dto/archive.response.js'
import { STAT_HEADERS } from './file-headers.js'

/** What is in a container. */
@ApiTags('containers')
@Controller('containers/:ref')
export class ContainerFilesController {
  constructor(private readonly files: ContainerFiles) {}

  @Get('changes')
  @Operation('ContainerChanges', 'What differs from the image')
  changes(@Granted() grant: Grant<'ContainerChanges'>, @Param('ref') _ref: string): Promise<FileChanges> {
    return this.files.changes(grant)
  }

  @Get('export')
  @AnswersBytes(['application/x-tar'])
  @Operation('ContainerExport', 'The file system as a tar, without what is mounted')
  export(@Granted() grant: Grant<'ContainerExport'>, @Param('ref') _ref: string, @Ending() ending: AbortSignal): Promise<BytesOut> {
    return this.files.export(grant, ending)
  }

  // before GET, which would get a HEAD of its own that reads the tar
  @Head('archive')
  @AnswersHead(STAT_HEADERS)
  @Operation('ContainerArchiveInfo', 'What a path of a container is')
  info(
    @Granted() grant: Grant<'ContainerArchiveInfo'>,
    @Param('ref') _ref: string,
    @Query() query: PathQuery,
  ): Promise<Record<string, string>> {
    return this.files.info(grant, query)
  }

  @Get('archive')
  @AnswersBytes(['application/x-tar', 'application/octet-stream'], STAT_HEADERS)
  @Operation('ContainerArchive', 'A file or folder of a container, as a tar; one file also as itself')
  read(
    @Granted() grant: Grant<'ContainerArchive'>,
    @Param('ref') _ref: string,
    @Query() query: ReadArchiveQuery,
    @Ending() ending: AbortSignal,
  ): Promise<BytesOut> {
    return this.files.read(grant, query, ending)
  }

  @Put('archive')
  @HttpCode(200)
  @TakesBytes(['*/*'])
  @Operation('PutContainerArchive', 'Unpack a tar in a folder of a container, or write one file')
  write(
    @Granted() grant: Grant<'PutContainerArchive'>,
    @Param('ref') _ref: string,
    @Query() query: WriteArchiveQuery,
    @Upload() body: BytesIn,
  ): Promise<WrittenArchive> {
    return this.files.write(grant, query, body)
  }
}
