import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger'
import { isOperation, operation } from '../access/index.js'
import { ERRORS } from '../common/errors.js'
import { documentIdempotencyKey } from './idempotency-key.js'

type OperationObject = NonNullable<OpenAPIObject['paths'][string]['get']>
type SchemaObject = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string]

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete'] as const

const DESCRIPTION = `Several teams share one Docker host without trusting each other.

Every operation needs the permission in \`x-permission\`; docs/permissions.md tells which role has it. \`{ref}\` is a full id, a
unique id prefix of at least 4 digits, or a name inside the team; image references are percent-encoded. Times are RFC 3339,
sizes bytes, cpu cores, durations seconds. Errors are RFC 9457 problem details; docs/errors.md lists the codes.

The answer of a write carries \`Berth-Revision\`. The next read at the same gateway process sees the write; a read that sends the
header back sees it at any process, or is answered 503 after a second.

A write with an \`Idempotency-Key\` is done once. A repeat within 24 hours gets the same status, body and headers, and
\`Idempotency-Replayed: true\`; the key with another request is 409 \`idempotency_mismatch\`.`

/** What a path parameter is, by its name; and by its resource, where that changes the meaning. */
const PARAMETERS: Readonly<Record<string, string>> = {
  'images/ref': 'image reference (percent-encoded), digest or `sha256:` id',
  'library/ref': 'image reference (percent-encoded)',
  ref: 'name, full id, or unique id prefix of at least 4 digits',
  id: 'id',
  'users/id': 'id or user name',
  'service-accounts/id': 'id or user name',
  token: 'id of the token',
  name: 'name',
  'registries/name': 'repository (percent-encoded): `team%2Fapp`',
  reference: 'tag or digest (`sha256:…`)',
  team: 'name or id of the team',
  user: 'id or user name',
}

/** Every schema that no DTO class is behind. */
const SCHEMAS: Readonly<Record<string, SchemaObject>> = {
  ErrorCode: {
    type: 'string',
    description: 'what went wrong, for programs; docs/errors.md says more',
    enum: Object.keys(ERRORS)
      .map((code) => code.toLowerCase())
      .sort(),
  },
  FieldError: {
    type: 'object',
    required: ['pointer', 'detail'],
    properties: {
      pointer: { type: 'string', description: 'RFC 6901 pointer into the body, or `/query/x`, `/param/x`' },
      detail: { type: 'string' },
    },
  },
  Violation: {
    type: 'object',
    required: ['path', 'profile', 'rule'],
    properties: {
      path: { type: 'string', description: 'the field' },
      profile: { type: 'string', description: "the team's profile" },
      rule: { type: 'string', description: 'what it would have to be' },
    },
  },
  ProblemDetails: {
    type: 'object',
    description: 'RFC 9457 problem details',
    required: ['type', 'title', 'status', 'code', 'detail', 'hint', 'requestId'],
    properties: {
      type: { type: 'string', format: 'uri' },
      title: { type: 'string' },
      status: { type: 'integer', minimum: 400, maximum: 599 },
      code: { $ref: '#/components/schemas/ErrorCode' },
      detail: { type: 'string' },
      hint: { type: 'string', description: 'what to do next' },
      requestId: { type: 'string', description: 'the same as in X-Request-Id, the log and the audit log' },
      errors: { type: 'array', items: { $ref: '#/components/schemas/FieldError' } },
      violations: { type: 'array', items: { $ref: '#/components/schemas/Violation' } },
    },
  },
}

/**
 * The OpenAPI document of an application that need not listen. Complete only from the build: the types of the DTOs come from
 * the compiler plugin, which runs there alone.
 */
export function openApiDocument(app: NestFastifyApplication, version: string): OpenAPIObject {
  const head = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Berth')
    .setDescription(DESCRIPTION)
    .setVersion(version)
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    .addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'access token of a login, or a personal token' })
    .addSecurityRequirements('bearer')
    .build()
  const document = SwaggerModule.createDocument(app, head, { autoTagControllers: false })
  document.components = { ...document.components, schemas: { ...document.components?.schemas, ...SCHEMAS } }
  // Nest puts an empty one there
  delete document.info.contact
  for (const { path, op } of operationsOf(document)) complete(path, op)
  return sorted(document) as OpenAPIObject
}

/** One operation of the document with its place. */
export interface PlacedOperation {
  readonly path: string
  readonly method: string
  readonly op: OperationObject
}

export function operationsOf(document: OpenAPIObject): PlacedOperation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => (item[method] ? [{ path, method: method.toUpperCase(), op: item[method] }] : [])),
  )
}

/** What follows from the path and the operations table need not be written at each handler. */
function complete(path: string, op: OperationObject): void {
  const resource = path.replace('/api/v1/', '').replace(/^\//, '').split('/')[0]!
  op.tags ??= [resource]
  const id = op.operationId ?? ''
  if (isOperation(id) && operation(id).target === 'public') op.security = []
  if (isOperation(id)) documentIdempotencyKey(id, op)
  for (const parameter of op.parameters ?? []) {
    if (!('in' in parameter) || parameter.in !== 'path') continue
    parameter.description ??= PARAMETERS[`${resource}/${parameter.name}`] ?? PARAMETERS[parameter.name] ?? ''
  }
}

/** The same document, byte for byte, whatever order modules are loaded in. Arrays keep theirs: it has a meaning. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)]))
}
