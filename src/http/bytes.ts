/**
 * Bytes in and out over REST, for tars and files of any size. What passes is never held: at most a few chunks are on their way.
 *
 *     @Get('export')
 *     @AnswersBytes(['application/x-tar'])
 *     @Operation('ContainerExport', '…')
 *     export(@Granted() grant: Grant<'ContainerExport'>, @Ending() ending: AbortSignal): Promise<BytesOut>
 *
 *     @Post('load')
 *     @TakesBytes(['application/x-tar', 'application/gzip'])
 *     @Operation('ImageLoad', '…')
 *     load(@Granted() grant: Grant<'ImageLoad'>, @Upload() tar: BytesIn): Promise<…>
 *
 * An answer is cut, so that half of it never looks whole, when its source fails or the caller loses the right; the source is
 * returned when the client leaves, or takes nothing for five minutes. A body is refused by its type before it is read; after
 * an answer that comes before its end, the connection is closed.
 */
import {
  applyDecorators,
  type CallHandler,
  createParamDecorator,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  StreamableFile,
  UseInterceptors,
} from '@nestjs/common'
import { MoreRouteConfig } from './route-config.js'
import { ApiBody, ApiConsumes, ApiOkResponse, ApiProduces, type ApiResponseOptions } from '@nestjs/swagger'
import type { FastifyReply } from 'fastify'
import { IncomingMessage } from 'node:http'
import { map, type Observable } from 'rxjs'
import type { BytesIn, BytesOut } from '../common/bytes.js'
import { AppError } from '../common/errors.js'
import { ByteBody } from './byte-body.js'
import { endingOf } from './ending.js'
import { receivedBytes } from './received-bytes.js'
import type { BerthRequest } from './request-context.js'

const BINARY = { type: 'string', format: 'binary' } as const

/** Turns BytesOut into the answer's body. */
@Injectable()
export class BytesAnswer implements NestInterceptor<BytesOut, StreamableFile> {
  intercept(context: ExecutionContext, next: CallHandler<BytesOut>): Observable<StreamableFile> {
    const reply = context.switchToHttp().getResponse<FastifyReply>()
    const ending = endingOf(context)
    return next.handle().pipe(
      map((bytes) => {
        // a quiet source says nothing for long: its client must know at once that it is being served
        const body = new ByteBody(bytes.chunks, { begin: () => reply.raw.flushHeaders(), ending, size: bytes.size })
        void reply.headers(bytes.headers ?? {})
        return new StreamableFile(body, {
          type: bytes.type,
          ...(bytes.name !== undefined && { disposition: attachment(bytes.name) }),
          ...(bytes.size !== undefined && { length: bytes.size }),
        })
      }),
    )
  }
}

/** For a handler that returns BytesOut of one of these media types; `headers` are what it says in its head. */
export function AnswersBytes(types: readonly string[], headers?: NonNullable<ApiResponseOptions['headers']>) {
  const content = Object.fromEntries(types.map((type) => [type, { schema: BINARY }]))
  return applyDecorators(
    UseInterceptors(BytesAnswer),
    ApiProduces(...types),
    ApiOkResponse({ description: 'The bytes, as they come', content, ...(headers && { headers }) }),
  )
}

// any type at all
const ANYTHING = '*/*'

/** For a handler that takes its body as bytes: of these media types (ANYTHING takes all), or where none is given. */
export function TakesBytes(types: readonly string[]) {
  return applyDecorators(MoreRouteConfig({ bytes: types }), ApiConsumes(...types), ApiBody({ schema: BINARY, required: true }))
}

/** The body of a handler with @TakesBytes. */
export const Upload = createParamDecorator((_: unknown, context: ExecutionContext): BytesIn => {
  const request = context.switchToHttp().getRequest<BerthRequest>()
  const { body, headers, berth } = request
  if (!request.routeOptions.config.bytes || !(body === undefined || body instanceof IncomingMessage)) throw new AppError('INTERNAL')
  const size = headers['content-length']
  const signal = endingOf(context)
  return { type: berth.mediaType ?? '', size: size === undefined ? null : Number(size), chunks: receivedBytes(body, signal), signal }
})

/** Before a body is read: one that is to pass through is kept from the parsers. @throws AppError UNSUPPORTED_MEDIA_TYPE */
export function prepareBytes(request: BerthRequest): void {
  const { bytes } = request.routeOptions.config
  if (!bytes) return
  const wanted = bytes.join(' or ')
  const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase().slice(0, 100)
  if (type !== '' && !bytes.includes(type) && !bytes.includes(ANYTHING)) throw new AppError('UNSUPPORTED_MEDIA_TYPE', { type, wanted })
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity')
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', { type: `the content encoding ${encoding.slice(0, 40)}`, wanted: 'the bytes as they are' })
  request.berth.mediaType = type
  // a file of JSON, too
  if (type !== '') request.raw.headers['content-type'] = 'application/octet-stream'
}

/** RFC 6266; the plain form for those that know no other. */
function attachment(name: string): string {
  const plain = name.replaceAll(/[^\w.+@=-]/g, '_').slice(0, 200)
  const encoded = encodeURIComponent(name.slice(0, 200).toWellFormed()).replaceAll(/['()*]/g, (c) => `%${c.codePointAt(0)!.toString(16)}`)
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
