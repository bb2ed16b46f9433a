import type { IncomingMessage, ServerResponse } from 'node:http'
import { Logger, type Params, PinoLogger } from 'nestjs-pino'
import type { Config } from './config/config.js'

/** One JSON line per request and event, with the request's id. Bodies and headers are not logged, so no secret can be. */
export function loggerOptions(config: Config): Params {
  return {
    pinoHttp: {
      level: config.BERTH_LOG_LEVEL,
      base: null,
      genReqId: (request: IncomingMessage) => (request as IncomingMessage & { id?: string }).id ?? 'none',
      serializers: {
        req: (request: { id: string; method: string; url: string }) => ({
          id: request.id,
          method: request.method,
          path: request.url.split('?')[0],
        }),
        res: (response: ServerResponse & { statusCode: number }) => ({ status: response.statusCode }),
      },
      // asked every few seconds by whoever watches us: the answers are in the metrics
      autoLogging: { ignore: (request) => /^\/(health\/|metrics)/.test(askedFor(request)) },
      customLogLevel: (_request, response, error) => (error || response.statusCode >= 500 ? 'error' : 'info'),
      customSuccessMessage: () => 'request',
      customErrorMessage: () => 'request failed',
    },
  }
}

/** A middleware of a single route sees the address without what its route has matched. */
function askedFor(request: IncomingMessage & { originalUrl?: string }): string {
  return request.originalUrl ?? request.url ?? ''
}

/** What the framework tells of each module and route at every start: some sixty lines that would bury the setup token. */
const CHATTY: ReadonlySet<unknown> = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'WebSocketsController'])

/** Pino behind Nest's logger; the framework's start goes to debug. */
export class AppLogger extends Logger {
  constructor(pino: PinoLogger) {
    super(pino, {})
  }

  override log(message: unknown, ...rest: unknown[]): void {
    if (CHATTY.has(rest.at(-1))) super.debug(message, ...(rest as [string]))
    else super.log(message, ...(rest as [string]))
  }
}
