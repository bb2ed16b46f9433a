import { type CallRow, ENGINE_CALLS, type ParameterRow, type ParameterRows } from './parameters.js'

/** One call as it is about to be made; the path has no version. */
export interface EngineCall {
  readonly method: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: object | undefined
  readonly upload?: AsyncIterable<Uint8Array> | undefined
}

const PATTERNS = Object.keys(ENGINE_CALLS)
  .filter((route) => route.includes('{'))
  // a name may have slashes: what goes on after it decides, so the longer route is tried first
  .toSorted((a, b) => b.length - a.length)
  .map((route) => ({ route, pattern: new RegExp(`^${route.replace('{id}', '[^/]+').replace('{name}', '.+')}$`) }))

/** The route of the table that a method and path belong to, or undefined. */
export function routeOf(method: string, path: string): string | undefined {
  const call = `${method} ${path}`
  return Object.hasOwn(ENGINE_CALLS, call) ? call : PATTERNS.find(({ pattern }) => pattern.test(call))?.route
}

/**
 * Throws for whatever the table does not have as sent by us. Like a path that is none of ours, it is our own fault and not the
 * client's: a plain Error, which becomes INTERNAL, before a byte is sent.
 */
export function assertPermitted({ method, path, headers = {}, body, upload }: EngineCall): void {
  const [plain = '', query = ''] = path.split('?', 2)
  const route = routeOf(method, plain)
  if (route === undefined) throw refusal(`${method} ${plain}`, 'is no call of ours')
  const row = ENGINE_CALLS[route]!
  for (const [name, value] of new URLSearchParams(query)) hold(route, `parameter ${name}`, rowOf(row.query, name), value)
  for (const [name, value] of Object.entries(headers)) hold(route, `header ${name}`, rowOf(row.headers, name), value)
  if (upload && row.body !== 'tar') throw refusal(route, 'takes no upload')
  if (body) assertBody(route, row, body)
}

function assertBody(route: string, { body: rows }: CallRow, body: object): void {
  if (rows === 'admitted') return
  if (rows === undefined || rows === 'tar') throw refusal(route, 'takes no body')
  for (const [name, value] of Object.entries(body)) hold(route, `field ${name}`, rowOf(rows, name), String(value))
}

function hold(route: string, what: string, row: ParameterRow | undefined, value: string): void {
  if (!row) throw refusal(route, `has no ${what} in the table`)
  if (row.kind === 'refused') throw refusal(route, `refuses the ${what}: ${row.why}`)
  if (row.kind === 'fixed' && row.value !== value) throw refusal(route, `has the ${what} always as ${row.value}`)
}

function rowOf(rows: ParameterRows | undefined, name: string): ParameterRow | undefined {
  return rows && Object.hasOwn(rows, name) ? rows[name] : undefined
}

function refusal(route: string, text: string): Error {
  return new Error(`the engine part was asked for what its table of parameters does not have: ${route} ${text}`.slice(0, 300))
}
