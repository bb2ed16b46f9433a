import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { HostExport, HostExportBody, HostExportListQuery, HostExportPage } from './dto/host-export.dto.js'
import { HostExports } from './host-exports.service.js'

/** Folders of the host that teams may mount by an alias. */
@ApiTags('policy')
@Controller('host-exports')
export class HostExportsController {
  constructor(private readonly exports: HostExports) {}

  @Get()
  @Operation('HostExportList', 'Folders of the host that are open to teams')
  list(@Granted() grant: Grant<'HostExportList'>, @Query() query: HostExportListQuery): Promise<HostExportPage> {
    return this.exports.list(grant, query)
  }

  @Post()
  @Operation('HostExportCreate', 'Open a folder of the host to teams')
  create(@Granted() grant: Grant<'HostExportCreate'>, @Body() body: HostExportBody): Promise<HostExport> {
    return this.exports.create(grant, body)
  }

  /** Nobody can mount it any more. Containers that have it keep it until they are removed. */
  @Delete(':name')
  @HttpCode(204)
  @Operation('HostExportDelete', 'Close a folder of the host')
  remove(@Granted() grant: Grant<'HostExportDelete'>, @Param('name') alias: string): Promise<void> {
    return this.exports.remove(grant, alias)
  }
}
