/** Requests drawn from the API's own description, mostly as it says, and now and then not. */
import fc from 'fast-check'
import { tarOf } from '../../../scripts/tar.js'
import { DOCUMENT, JUNK, type Names, ofSchema, type Operation } from './schema-values.js'

export interface RandomRequest {
  /** Of the operation. */
  readonly id: string
  readonly method: string
  readonly path: string
  /** Bytes as latin1 where it is no JSON. */
  readonly body: string | undefined
  readonly type: string
}

/** Names and ids of what there is, by the noun of its routes. */
export type References = Readonly<Record<string, readonly string[]>>

/** What would end the sessions that the others are made with, and the document itself. */
const LEFT_OUT = new Set(['AuthLogout', 'MePassword', 'SessionDelete', 'OpenApi'])

const EVIL = [
  '',
  '..',
  '%2e%2e',
  'a%00b',
  'x%0d%0aY: z',
  '%ff',
  '__proto__',
  'constructor',
  "' or 1=1 --",
  '${7*7}',
  '$(id)',
  'a'.repeat(300),
  '0'.repeat(64),
  'sha256:' + 'a'.repeat(64),
  'abcdef012345',
  'ſ',
  '👾',
]

/** What a field of that name refers to; any other refers to what its route is about. */
const NOUNS: Readonly<Record<string, readonly string[]>> = {
  ancestor: ['images'],
  cacheFrom: ['images'],
  container: ['containers'],
  containers: ['containers'],
  exited: ['numbers'],
  image: ['images'],
  network: ['networks'],
  networks: ['networks'],
  operation: ['operations'],
  path: ['paths'],
  permissions: ['permissions'],
  reference: ['images', 'references'],
  registry: ['registries'],
  role: ['roles'],
  roles: ['roles'],
  source: ['images', 'volumes'],
  target: ['references', 'paths'],
  team: ['teams'],
  teamName: ['teams'],
  teams: ['teams'],
  token: ['tokens'],
  url: ['addresses'],
  user: ['users'],
  volume: ['volumes'],
  volumesFrom: ['containers'],
}

/** What is there whoever looks. */
const KNOWN: References = {
  addresses: ['https://registry.example:5000', 'http://127.0.0.1:1', 'https://example.org/hook'],
  numbers: ['0', '1', '137'],
  operations: ['ContainerList', 'ContainerCreate', 'ImageDelete'],
  paths: ['/', '/etc', '/etc/passwd', '/tmp/x', '/proc/self'],
  permissions: ['containers.read', 'containers.operate', 'images.read'],
  references: ['made:1', 'x/y:z', 'busybox'],
  roles: ['viewer', 'developer', 'maintainer'],
}

/** Requests of somebody who sees `own`, and has heard of `others`. */
export function requests(own: References, others: readonly string[]): fc.Arbitrary<RandomRequest> {
  const operations = Object.entries(DOCUMENT.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.operationId && !LEFT_OUT.has(operation.operationId))
      .map(([method, operation]) => requestOf({ method: method.toUpperCase(), path, operation }, namesOf(path, own, others))),
  )
  return fc.oneof(...operations)
}

interface Route {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

function requestOf({ method, path, operation }: Route, names: Names): fc.Arbitrary<RandomRequest> {
  const { parameters = [], operationId: id } = operation
  const needed = parameters.filter(({ required }) => required)
  const optional = parameters.filter(({ required }) => !required)
  // a few of the optional ones: with all of them something is always wrong
  const values = fc
    .subarray(optional, { maxLength: Math.min(3, optional.length) })
    .chain((chosen) => fc.tuple(...[...needed, ...chosen].map((each) => valueOf(each, names).map((value) => [each, value] as const))))
  const content = Object.entries(operation.requestBody?.content ?? {})[0]
  const type = content?.[0] ?? 'application/json'
  const body = content === undefined ? fc.constant(undefined) : bodyOf(content[1].schema, type, names)
  return fc.record({ values, body }).map(({ values, body }) => {
    let target = path
    const query: string[] = []
    for (const [{ name, in: place }, value] of values)
      if (place === 'path') target = target.replace(`{${name}}`, value ?? 'x')
      else if (place === 'query' && value !== null) query.push(`${encodeURIComponent(name)}=${value}`)
    // what no parameter stands for
    target = target.replaceAll(/\{\w+\}/g, 'x')
    return { id, method, path: target + (query.length > 0 ? `?${query.join('&')}` : ''), body, type }
  })
}

function namesOf(path: string, own: References, others: readonly string[]): Names {
  const all = { ...KNOWN, ...own }
  const any = fc.constantFrom('nothing', ...others, ...Object.values(all).flat())
  return (field) => {
    const nouns = NOUNS[field] ?? [path.split('/')[3] ?? '']
    const fitting = nouns.flatMap((noun) => [...(KNOWN[noun] ?? []), ...(own[noun] ?? [])])
    const fresh = /^(user)?name$/.test(field) ? 7 : 0
    return fc.oneof(
      { weight: fitting.length > 0 ? 7 : 0, arbitrary: fc.constantFrom('', ...fitting).filter((name) => name !== '') },
      { weight: fresh, arbitrary: fc.nat().map((n) => `new${n.toString(36)}`) },
      { weight: 1, arbitrary: any },
    )
  }
}

/** Null: left out. Encoded where it has to be to be sent at all. */
function valueOf({ name, in: place, schema }: NonNullable<Operation['parameters']>[number], names: Names): fc.Arbitrary<string | null> {
  const strange = fc.constantFrom(...EVIL).map(sendable)
  if (place === 'path') return fc.oneof({ weight: 8, arbitrary: names(name).map(encodeURIComponent) }, { weight: 1, arbitrary: strange })
  // it would wait for an end that does not come
  if (name === 'follow' || name === 'timeout') return fc.constant(null)
  const valid = ofSchema(schema, { field: name, depth: 0, names }).map(queryText)
  return fc.oneof({ weight: 7, arbitrary: valid }, { weight: 1, arbitrary: names(name).map(queryText) }, { weight: 1, arbitrary: strange })
}

function queryText(value: unknown): string {
  const [first] = Array.isArray(value) ? (value as unknown[]) : [value]
  return encodeURIComponent((typeof first === 'string' ? first : (JSON.stringify(first) ?? '')).toWellFormed())
}

/** Of a container's files, of an image, of a build: what all three take. */
const TAR = tarOf({ Dockerfile: 'FROM busybox:1\nCOPY x /x\n', x: 'x' }).toString('latin1')

function bodyOf(schema: Readonly<Record<string, unknown>>, type: string, names: Names): fc.Arbitrary<string | undefined> {
  if (!/json/.test(type)) return fc.oneof(fc.constant(TAR), fc.constant(TAR.slice(0, 700)), fc.string({ maxLength: 600, unit: 'binary' }))
  const valid = ofSchema(schema, { field: '', depth: 0, names }).map((value) => JSON.stringify(value))
  return fc.oneof(
    { weight: 14, arbitrary: valid },
    { weight: 1, arbitrary: JUNK.map((value) => JSON.stringify(value) ?? '') },
    { weight: 1, arbitrary: valid.map((text) => (text ?? '').slice(0, -1)) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  )
}

/** Node's own client refuses to send some bytes at all. */
function sendable(text: string): string {
  return encodeURI(text.toWellFormed()).replaceAll(/%25([0-9a-f]{2})/gi, '%$1')
}
