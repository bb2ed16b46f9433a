import { Module, type DynamicModule, Logger as NestLogger } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { randomUUID } from 'node:crypto'
import { LoggerModule, PinoLogger } from 'nestjs-pino'
import { AccessModule } from './access/access.module.js'
import { AccountsModule } from './accounts/accounts.module.js'
import { AdmissionModule } from './admission/admission.module.js'
import { AuditModule } from './audit/audit.module.js'
import { Config } from './config/config.js'
import { ConfigModule } from './config/config.module.js'
import { ContainersModule } from './containers/containers.module.js'
import { EngineModule } from './engine/index.js'
import { EventsModule } from './events/events.module.js'
import { prepareEdge } from './http/edge.js'
import { HttpModule } from './http/http.module.js'
import { sendProblem } from './http/problem.filter.js'
import { serveReference } from './http/reference.js'
import { answerOnWire, refuseConnect, WIRE_LIMITS } from './http/wire-errors.js'
import { ImagesModule } from './images/images.module.js'
import { JobsModule } from './jobs/jobs.module.js'
import { AppLogger, loggerOptions } from './logging.js'
import { NetworksModule } from './networks/networks.module.js'
import { OwnershipModule } from './ownership/ownership.module.js'
import { PolicyModule } from './policy/policy.module.js'
import { QuotaModule } from './quota/quota.module.js'
import { RegistryModule } from './registry/registry.module.js'
import type { Database } from './store/database.js'
import { StoreModule } from './store/store.module.js'
import { prepareSockets } from './streams/prepare.js'
import { StreamsModule } from './streams/streams.module.js'
import { SystemModule } from './system/system.module.js'
import { VolumesModule } from './volumes/volumes.module.js'

/** Largest JSON body; operations that take bytes say their own limit. */
const BODY_LIMIT = 1_048_576

/** What a page of another origin may read of an answer's headers. */
const EXPOSED = [
  'X-Request-Id',
  'Retry-After',
  'ETag',
  'Content-Disposition',
  'Berth-Revision',
  'Berth-Error',
  'Idempotency-Replayed',
  ...['Name', 'Type', 'Size', 'Mode', 'Modified', 'Target'].map((field) => `Berth-File-${field}`),
]

@Module({})
class AppModule {
  static with(config: Config, database: Database): DynamicModule {
    return {
      module: AppModule,
      imports: [
        LoggerModule.forRoot(loggerOptions(config)),
        ConfigModule.forRoot(config),
        StoreModule.forRoot(database),
        EngineModule.forRoot({ dockerHost: config.BERTH_DOCKER_HOST }),
        AccessModule,
        AdmissionModule,
        AuditModule,
        HttpModule,
        StreamsModule,
        AccountsModule,
        JobsModule,
        ContainersModule,
        ImagesModule,
        VolumesModule,
        NetworksModule,
        OwnershipModule,
        PolicyModule,
        QuotaModule,
        RegistryModule,
        SystemModule,
        EventsModule,
      ],
    }
  }
}

/**
 * The whole application on an open database: the same for main, the tests and the generation of the contract.
 * It does not listen yet, and needs no engine to be made.
 */
export async function createApp(config: Config, database: Database): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT,
    genReqId: () => randomUUID(),
    trustProxy: config.BERTH_TRUSTED_PROXIES.length > 0 ? config.BERTH_TRUSTED_PROXIES : false,
    // References may be long; they are validated after routing, with an error that says what is wrong.
    routerOptions: { maxParamLength: 2048 },
    forceCloseConnections: 'idle',
    // late-bodies.ts has the limit of a request's time: this one knows no exception for uploads
    requestTimeout: 0,
    http: WIRE_LIMITS,
    clientErrorHandler: answerOnWire,
    frameworkErrors: (error: unknown, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(request, reply, error, new NestLogger('http')),
  })
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(config, database), adapter, {
    bufferLogs: true,
    abortOnError: false,
    bodyParser: false,
  })
  app.useLogger(new AppLogger(await app.resolve(PinoLogger)))
  app.setGlobalPrefix('api/v1', { exclude: ['health/live', 'health/ready', 'metrics'] })
  if (config.BERTH_ALLOWED_ORIGINS.length > 0)
    app.enableCors({
      origin: config.BERTH_ALLOWED_ORIGINS,
      methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      exposedHeaders: EXPOSED,
    })
  prepareEdge(app)
  refuseConnect(app.getHttpServer())
  prepareSockets(app, config)
  serveReference(app)
  // With 0: a stop that was asked for is no failure, which a signal as the end would look like.
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true })
  return app
}
