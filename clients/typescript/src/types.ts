import type { operations } from './generated/openapi.js'
import type { ROUTES } from './generated/routes.js'

/** Every operation that is offered over REST. */
export type OperationId = keyof typeof ROUTES & keyof operations

type Parameters<Op extends OperationId, Place extends string> = operations[Op]['parameters'] extends { [K in Place]?: infer P }
  ? Exclude<P, undefined>
  : never

/** Bytes, where the contract says binary. */
type Sent<C> = C extends string ? Bytes : C
export type Bytes = Blob | ArrayBuffer | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | string

type Body<Op extends OperationId> = operations[Op] extends { requestBody: { content: infer C } } ? Sent<C[keyof C]> : never

/** `{ key: T }`, optional where T has no required field; nothing where there is no T. */
type Part<Key extends string, T> = [T] extends [never]
  ? { readonly [K in Key]?: undefined }
  : {} extends T
    ? { readonly [K in Key]?: T }
    : { readonly [K in Key]: T }

/** What one operation takes. */
export type CallOptions<Op extends OperationId> = Part<'path', Parameters<Op, 'path'>> &
  Part<'query', Parameters<Op, 'query'>> &
  Part<'body', Body<Op>> & {
    readonly headers?: Readonly<Record<string, string>>
    readonly signal?: AbortSignal
  }

export type CallArguments<Op extends OperationId> = {} extends CallOptions<Op> ? [options?: CallOptions<Op>] : [options: CallOptions<Op>]

/** Bytes come as a stream: they may be many. */
type Received<Type, T> = Type extends 'application/x-tar' | 'application/octet-stream' ? ReadableStream<Uint8Array> : T
type Content<Response> = Response extends { content: infer C } ? { [Type in keyof C]: Received<Type, C[Type]> }[keyof C] : undefined
type Responses<Op extends OperationId> = operations[Op]['responses']

type WithBody<Op extends OperationId> = Extract<keyof Responses<Op>, 200 | 201 | 202>

/** The body of an operation's success; a dry run has none, whatever the type says. */
export type Answer<Op extends OperationId> = [WithBody<Op>] extends [never] ? undefined : Content<Responses<Op>[WithBody<Op>]>
