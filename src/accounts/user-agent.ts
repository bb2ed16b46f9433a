import { createParamDecorator, type ExecutionContext } from '@nestjs/common'
import type { BerthRequest } from '../http/request-context.js'

/** What the client calls itself, for the list of sessions. Not by `@Headers`, which would make it a parameter in the document. */
export const UserAgent = createParamDecorator(
  (_: unknown, context: ExecutionContext): string | undefined => context.switchToHttp().getRequest<BerthRequest>().headers['user-agent'],
)
