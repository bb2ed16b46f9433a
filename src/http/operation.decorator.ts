import { applyDecorators, createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common'
import { MoreRouteConfig } from './route-config.js'
import { ApiBearerAuth, ApiExtension, ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger'
import { type Grant, operation, type OperationId, type OperationRow, type TargetKind } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { documentsDryRun, takesDryRun } from './dry-run.js'
import type { BerthRequest } from './request-context.js'

export const OPERATION = 'berth:operation'

/** Kinds of target whose resolution takes `?team=`; the edge consumes it, so no DTO declares it. */
const TEAM_IN_QUERY: ReadonlySet<TargetKind> = new Set<TargetKind>(['scope', 'container', 'image', 'volume', 'network'])

/** May `?team=` be given? */
export function takesTeam({ target, teamInQuery }: Pick<OperationRow, 'target' | 'teamInQuery'>): boolean {
  return teamInQuery === true || TEAM_IN_QUERY.has(target)
}

// `any` only in the position of parameters that we say nothing about.
// eslint-disable-next-line typescript/no-explicit-any
type Handler<Op extends OperationId> = (grant: Grant<Op>, ...rest: any[]) => unknown

/**
 * Ties a controller method to its row of the operations table: the guard decides on it, the document shows its permission,
 * and the method must take the Grant of exactly this operation first, or it does not compile.
 */
export function Operation<const Op extends OperationId>(id: Op, summary?: string) {
  const row = operation(id)
  const decorators = [
    SetMetadata(OPERATION, id),
    MoreRouteConfig({ operation: id }),
    ApiOperation({ operationId: id, ...(summary && { summary }) }),
    ApiExtension('x-permission', row.permission),
    ApiExtension('x-target', row.target),
    ApiResponse({
      status: 'default',
      description: 'RFC 9457 problem details',
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemDetails' } } },
    }),
  ]
  if (row.target !== 'public') decorators.push(ApiBearerAuth())
  if (takesTeam(row))
    decorators.push(
      ApiQuery({
        name: 'team',
        required: false,
        type: String,
        description: 'name or id of the team; may be left out where the reference is not ambiguous',
      }),
    )
  if (takesDryRun(id)) decorators.push(documentsDryRun())
  const apply = applyDecorators(...decorators)
  return <T extends Handler<Op>>(target: object, key: string | symbol, descriptor: TypedPropertyDescriptor<T>): void => {
    apply(target, key, descriptor)
  }
}

/** The Grant that the guard made for this request. */
export const Granted = createParamDecorator((_: unknown, context: ExecutionContext): Grant<OperationId> => {
  const { grant } = context.switchToHttp().getRequest<BerthRequest>().berth
  if (!grant) throw new AppError('OPERATION_NOT_OFFERED')
  return grant
})
