import { applyDecorators, type CallHandler, type ExecutionContext, Injectable, type NestInterceptor, SetMetadata } from '@nestjs/common'
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js'
import { ModuleRef } from '@nestjs/core'
import { ApiQuery, ApiResponse } from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import { from, type Observable } from 'rxjs'
import { operation, type OperationId } from '../access/index.js'
import { AppError } from '../common/errors.js'
import type { BerthRequest } from './request-context.js'
import { StrictValidationPipe } from './validation.pipe.js'

const DRY_RUN = 'berth:dry-run'

/** Writes can be tried; who is not known yet tries nothing. */
export function takesDryRun(id: OperationId): boolean {
  const { effect, target } = operation(id)
  return effect === 'write' && target !== 'public'
}

/** Consumes `?dryRun=`. @throws AppError INVALID_REQUEST where it is no flag, or the operation changes nothing */
export function readDryRun(request: BerthRequest, id: OperationId): boolean {
  const { dryRun } = request.query as Record<string, unknown>
  if (dryRun === undefined) return false
  const wrong = takesDryRun(id) ? 'must be true or false' : 'is not a parameter of this operation'
  if (takesDryRun(id) && (dryRun === 'true' || dryRun === 'false')) return dryRun === 'true'
  throw new AppError('INVALID_REQUEST', { reason: 'a query parameter is wrong', errors: [{ pointer: '/query/dryRun', detail: wrong }] })
}

/** What every write shows of it in the document. */
export const documentsDryRun = () =>
  applyDecorators(
    ApiQuery({
      name: 'dryRun',
      required: false,
      type: Boolean,
      description: 'decides and checks as always, and changes nothing: 204 where it would be done, else the error that it would be',
    }),
    ApiResponse({ status: 204, description: 'Done; with dryRun: it would be' }),
  )

/** Names the method of the controller that a dry run calls, with the arguments of the handler: for what only the service can know. */
export const DryRunBy = (method: string) => SetMetadata(DRY_RUN, method)

type Factory = (data: unknown, context: ExecutionContext) => unknown
type Arguments = Readonly<Record<string, { readonly index: number; readonly data?: unknown; readonly factory?: Factory }>>

/** RouteParamtypes of Nest. */
const PLACES = { 3: 'body', 4: 'query', 5: 'param' } as const

/** Answers a dry run: decided by the guard, held to the shapes of the handler, and the handler itself is never called. */
@Injectable()
export class DryRunInterceptor implements NestInterceptor {
  private readonly pipe = new StrictValidationPipe()

  constructor(private readonly modules: ModuleRef) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp()
    if (!http.getRequest<BerthRequest>().berth.dryRun) return next.handle()
    return from(this.run(context).then(() => void http.getResponse<FastifyReply>().status(204)))
  }

  private async run(context: ExecutionContext): Promise<void> {
    const args = await this.arguments(context)
    const method = Reflect.getMetadata(DRY_RUN, context.getHandler()) as string | undefined
    if (method === undefined) return
    const controller = this.modules.get<Record<string, (...args: unknown[]) => Promise<unknown>>>(context.getClass(), { strict: false })
    await controller[method]!(...args)
  }

  private async arguments(context: ExecutionContext): Promise<unknown[]> {
    const { prototype } = context.getClass()
    const { name } = context.getHandler()
    const declared = (Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), name) ?? {}) as Arguments
    const types = (Reflect.getMetadata('design:paramtypes', prototype as object, name) ?? []) as (new () => object)[]
    const request = context.switchToHttp().getRequest<BerthRequest>()
    const args: unknown[] = []
    for (const [key, { index, data, factory }] of Object.entries(declared)) {
      const place = PLACES[Number(key.split(':')[0]) as keyof typeof PLACES]
      if (factory) args[index] = factory(data, context)
      else if (place !== undefined) {
        const whole = { body: request.body, query: request.query, param: request.params }[place] as Record<string, unknown>
        const value = typeof data === 'string' ? whole[data] : whole
        // bytes are for the handler alone
        if (!isBytes(value)) args[index] = await this.pipe.transform(value, { type: place, metatype: types[index], data: data as string })
      }
    }
    return args
  }
}

function isBytes(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'pipe' in value
}
