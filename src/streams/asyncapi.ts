import { operation } from '../access/index.js'
import { ERRORS } from '../common/errors.js'
import { type JsonSchema, paramsSchema } from './params-schema.js'
import type { AnyKind } from './registry.js'

export type AsyncApiDocument = Record<string, unknown>

const STREAM_ID: JsonSchema = { type: 'string', format: 'uuid', description: 'from the ack of stream:open' }
const BINARY: JsonSchema = { type: 'string', format: 'binary' }
const TIME: JsonSchema = { type: ['string', 'null'], description: 'RFC 3339 with nanoseconds' }
const CREDIT: JsonSchema = {
  type: 'integer',
  minimum: 1_024,
  maximum: 16_777_216,
  default: 262_144,
  description: 'bytes of the window that the stream starts with',
}

const PROBLEM = object(
  {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', enum: Object.keys(ERRORS).map((code) => code.toLowerCase()) },
    detail: { type: 'string' },
    hint: { type: 'string' },
    requestId: { type: 'string' },
    errors: { type: 'array', items: object({ pointer: { type: 'string' }, detail: { type: 'string' } }) },
    violations: { type: 'array', items: object({ path: { type: 'string' }, profile: { type: 'string' }, rule: { type: 'string' } }) },
  },
  ['errors', 'violations'],
)

const SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  ProblemDetails: PROBLEM,
  Refused: object({ ok: { const: false }, error: ref('ProblemDetails') }),
  Opened: {
    ...object({ ok: { const: true }, streamId: STREAM_ID, credit: CREDIT }),
    additionalProperties: true,
    description: 'with facts of the kind beside',
  },
  Done: object({ ok: { const: true } }),
}

/** Events of every stream, whatever its kind: name, payload, what it is for. */
const INBOUND: readonly (readonly [string, JsonSchema, string])[] = [
  [
    'stream:input',
    object({ streamId: STREAM_ID, data: { oneOf: [BINARY, { type: 'string' }] }, end: { type: 'boolean', description: 'half-close' } }, [
      'data',
      'end',
    ]),
    'Bytes for the process; text goes as UTF-8',
  ],
  [
    'stream:resize',
    object({
      streamId: STREAM_ID,
      rows: { type: 'integer', minimum: 1, maximum: 1_000 },
      cols: { type: 'integer', minimum: 1, maximum: 1_000 },
    }),
    'Size of the terminal',
  ],
  [
    'stream:credit',
    object({ streamId: STREAM_ID, bytes: { type: 'integer', minimum: 1 } }),
    'Gives bytes back to the window. Only this does: without it a stream stops after its first window',
  ],
  ['stream:close', object({ streamId: STREAM_ID }), 'Ends the stream; answered when its upstream is free'],
]

const OUTBOUND: readonly (readonly [string, JsonSchema, string])[] = [
  [
    'stream:gap',
    object(
      {
        streamId: STREAM_ID,
        container: { type: 'string' },
        from: TIME,
        to: TIME,
        reason: { type: 'string' },
        dropped: { type: 'integer', description: 'how much, where that is known: records, or bytes of a terminal' },
      },
      ['container', 'dropped'],
    ),
    'Records are missing here: rotated, container_removed, overflow',
  ],
  [
    'stream:source',
    object({ streamId: STREAM_ID, containerId: { type: 'string' }, name: { type: 'string' }, replaces: { type: 'string' } }),
    'What follows comes from another object of the same name',
  ],
  [
    'stream:end',
    object(
      {
        streamId: STREAM_ID,
        reason: { type: 'string', description: "closed, revoked, server_stopping, failed, or one of the kind's own" },
        exitCode: { type: 'integer' },
        error: ref('ProblemDetails'),
      },
      ['exitCode', 'error'],
    ),
    'The last event of a stream',
  ],
  ['stream:error', object({ event: { type: 'string' }, error: ref('ProblemDetails') }), 'A message failed that asked for no ack'],
]

/** The AsyncAPI 3 document of the socket edge, from the registered kinds alone. */
export function asyncApiDocument(kinds: readonly AnyKind[], version: string): AsyncApiDocument {
  const sorted = [...kinds].sort((a, b) => (a.kind < b.kind ? -1 : 1))
  const messages: Record<string, JsonSchema> = {
    opened: { title: 'Answer to stream:open', payload: { oneOf: [ref('Opened'), ref('Refused')] } },
    done: { title: 'Answer to every other event', payload: { oneOf: [ref('Done'), ref('Refused')] } },
  }
  const operations: Record<string, JsonSchema> = {}
  for (const info of sorted) addKind(info, messages, operations)
  for (const [name, payload, summary] of INBOUND) {
    messages[keyOf(name)] = { name, summary, payload }
    operations[keyOf(name)] = { action: 'receive', channel: CHANNEL, summary, messages: [messageRef(keyOf(name))], reply: reply('done') }
  }
  for (const [name, payload, summary] of OUTBOUND) {
    messages[keyOf(name)] = { name, summary, payload }
    operations[keyOf(name)] = { action: 'send', channel: CHANNEL, summary, messages: [messageRef(keyOf(name))] }
  }
  return {
    asyncapi: '3.0.0',
    info: { title: 'Berth streams', version, description: DESCRIPTION },
    defaultContentType: 'application/json',
    channels: { socket: { address: '/socket.io', description: 'socket.io, one namespace (`/`), token in `auth.token`', messages } },
    operations,
    components: { schemas: SCHEMAS },
  }
}

const DESCRIPTION = `One socket.io connection carries many streams. The token goes into \`auth.token\` of the handshake, never into the URL; a
refused handshake is a \`connect_error\` whose \`data\` is the problem. \`stream:open\` is answered by its ack, and errors are always
in the ack. A stream starts with a window of \`credit\` bytes; each \`stream:data\` uses up its \`bytes\`, and the reader gives them
back by \`stream:credit\` once it has worked them off: nothing else does. Rights are decided at the opening and again whenever they
change: a stream that lost them ends with reason \`revoked\` within two seconds.`

const CHANNEL = { $ref: '#/channels/socket' }

function addKind(info: AnyKind, messages: Record<string, JsonSchema>, operations: Record<string, JsonSchema>): void {
  const { kind, summary, frames = [{ type: 'object' }] } = info
  const row = operation(info.operation)
  const params = paramsSchema(info.params)
  const withCredit = { ...params, properties: { ...(params['properties'] as object), credit: CREDIT } }
  const open = `open-${kind}`
  const data = `data-${kind}`
  messages[open] = { name: 'stream:open', title: kind, summary, payload: object({ kind: { const: kind }, params: withCredit }) }
  messages[data] = {
    name: 'stream:data',
    title: kind,
    summary: `Records of ${kind}`,
    payload: object({
      streamId: STREAM_ID,
      seq: { type: 'integer', minimum: 1, description: 'counts the stream:data events of this stream' },
      frames: { type: 'array', items: frames.length === 1 ? frames[0] : { oneOf: frames } },
      bytes: { type: 'integer', description: 'what it uses up of the window' },
    }),
  }
  const rights = { 'x-operation': info.operation, 'x-permission': row.permission }
  operations[open] = { action: 'receive', channel: CHANNEL, summary, messages: [messageRef(open)], reply: reply('opened'), ...rights }
  operations[data] = { action: 'send', channel: CHANNEL, summary: `Records of ${kind}`, messages: [messageRef(data)], ...rights }
}

function object(properties: JsonSchema, optional: readonly string[] = []): JsonSchema {
  return { type: 'object', required: Object.keys(properties).filter((name) => !optional.includes(name)), properties }
}

function ref(schema: string): JsonSchema {
  return { $ref: `#/components/schemas/${schema}` }
}

function messageRef(message: string): JsonSchema {
  return { $ref: `#/channels/socket/messages/${message}` }
}

function reply(message: string): JsonSchema {
  return { channel: CHANNEL, messages: [messageRef(message)] }
}

function keyOf(event: string): string {
  return event.replace(':', '-')
}
