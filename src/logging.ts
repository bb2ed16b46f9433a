import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Params } from 'nestjs-pino'
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
      customLogLevel: (_request, response, error) => (error || response.statusCode >= 500 ? 'error' : 'info'),
      customSuccessMessage: () => 'request',
      customErrorMessage: () => 'request failed',
    },
  }
}
