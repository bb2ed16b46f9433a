import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import type { Server } from 'node:http'
import { Config } from '../config/config.js'
import { HealthService } from '../system/health.service.js'

/** A graceful stop: nobody new is let in, what runs has some seconds, then its connections are cut. */
@Injectable()
export class Drain implements BeforeApplicationShutdown {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly config: Config,
    private readonly health: HealthService,
  ) {}

  beforeApplicationShutdown(): void {
    this.health.beginStop()
    const server = this.host.httpAdapter.getHttpServer() as Server
    // Closing waits for every open connection, and a followed log never ends by itself.
    setTimeout(() => server.closeAllConnections(), this.config.BERTH_DRAIN_SECONDS * 1000).unref()
  }
}
