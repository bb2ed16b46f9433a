import { Controller, Get } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { CheckResponse, InfoResponse, VersionResponse } from './dto/system.dto.js'
import { DiskUsages } from './disk-usage.service.js'
import { DiskUsage } from './dto/space.dto.js'
import { SystemService } from './system.service.js'

@ApiTags('system')
@Controller('system')
export class SystemController {
  constructor(
    private readonly system: SystemService,
    private readonly usages: DiskUsages,
  ) {}

  /** Versions of the gateway, the engine and the kernel. */
  @Get('version')
  @Operation('SystemVersion')
  version(@Granted() grant: Grant<'SystemVersion'>): Promise<VersionResponse> {
    return this.system.version(grant)
  }

  /** The host and its engine; counts speak only of what the caller may see. */
  @Get('info')
  @Operation('SystemInfo')
  info(@Granted() grant: Grant<'SystemInfo'>): Promise<InfoResponse> {
    return this.system.info(grant)
  }

  /** Is the host ready? Names what is missing and how to mend it. */
  @Get('check')
  @Operation('SystemCheck')
  check(@Granted() grant: Grant<'SystemCheck'>): Promise<CheckResponse> {
    return this.system.check(grant)
  }

  /** What your teams take on the disk, and how much of it nothing uses; with a role on the host, also all of it. */
  @Get('df')
  @Operation('SystemDataUsage', 'Space that is taken')
  df(@Granted() grant: Grant<'SystemDataUsage'>): Promise<DiskUsage> {
    return this.usages.read(grant)
  }
}
