import { Controller, Get, Header } from '@nestjs/common'
import { ApiProduces, ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { HealthResponse } from './dto/health.dto.js'
import { HealthService } from './health.service.js'

@ApiTags('operations')
@Controller()
export class HealthController {
  constructor(private readonly health: HealthService) {}

  /** The process runs. */
  @Get('health/live')
  @Operation('HealthLive')
  live(@Granted() grant: Grant<'HealthLive'>): HealthResponse {
    return this.health.live(grant)
  }

  /** Database and engine answer, and the process is not stopping. */
  @Get('health/ready')
  @Operation('HealthReady')
  ready(@Granted() grant: Grant<'HealthReady'>): Promise<HealthResponse> {
    return this.health.ready(grant)
  }

  /** Metrics in the text format of Prometheus; for administrators and auditors, since counts tell of everybody. */
  @Get('metrics')
  @Operation('Metrics')
  @ApiProduces('text/plain')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  metrics(@Granted() grant: Grant<'Metrics'>): Promise<string> {
    return this.health.metrics(grant)
  }
}
