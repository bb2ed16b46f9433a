/** The client of a Berth gateway: REST by operation, with typed errors and refreshed tokens. */
export { Client, type ClientOptions, createClient } from './client.js'
export { Session, type Tokens } from './credentials.js'
export { BerthError, type ErrorCode, type ProblemDetails } from './error.js'
export { ROUTES } from './generated/routes.js'
export type { components, operations, paths } from './generated/openapi.js'
export type { Answer, CallOptions, OperationId } from './types.js'
export * from './streams/index.js'
