import { Module } from '@nestjs/common'
import { DiskUsages } from './disk-usage.service.js'
import { HealthController } from './health.controller.js'
import { HealthService } from './health.service.js'
import { SystemController } from './system.controller.js'
import { SystemService } from './system.service.js'

/** The host, the engine, and how the gateway itself is doing. */
@Module({
  controllers: [SystemController, HealthController],
  providers: [DiskUsages, SystemService, HealthService],
  exports: [HealthService],
})
export class SystemModule {}
