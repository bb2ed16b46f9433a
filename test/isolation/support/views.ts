/** What a user of alpha can ask for, and what of the answers may differ from one time to the next. */
import { operation, type OperationId, OPERATIONS } from '../../../src/access/index.js'
import { ROUTES } from '../../../clients/typescript/src/generated/routes.js'
import { SAMPLES } from '../../access/samples.js'
import { of, rest } from '../../adversarial/support/attack.js'
import type { ActorName, Field } from '../../adversarial/support/field.js'

export interface Look {
  readonly as: ActorName
  readonly method: string
  readonly path: string | ((field: Field) => string)
  readonly body?: object | ((field: Field) => object)
  readonly prefer?: string
}

const get = (path: Look['path'], as: ActorName = 'ann'): Look => ({ as, method: 'GET', path })
const post = (path: Look['path'], body?: Look['body'], as: ActorName = 'ann'): Look => ({ as, method: 'POST', path, ...(body && { body }) })
const remove = (path: Look['path'], as: ActorName = 'ann'): Look => ({ as, method: 'DELETE', path })

const LISTS = {
  containers: [
    '',
    '?all=true',
    '?all=true&limit=1',
    '?all=true&limit=2&sort=name',
    '?all=true&sort=-created',
    '?latest=true',
    '?last=5',
    '?name=web&all=true',
    '?name=e&all=true',
    '?label=stage%3Dtest&all=true',
    '?label=secret&all=true',
    '?status=running',
    '?status=created',
    '?ancestor=busybox%3A1&all=true',
    '?volume=data&all=true',
    '?network=default&all=true',
    '?network=inner&all=true',
    '?size=true&all=true',
    '?before=web&all=true',
    '?since=web&all=true',
    '?exited=0&all=true',
    '?name=nothing',
    '?id=0123',
  ],
  images: [
    '',
    '?limit=1',
    '?sort=size',
    '?reference=mine*',
    '?reference=*',
    '?dangling=true',
    '?label=secret',
    '?before=mine%3A1',
    '?since=mine%3A1',
  ],
  volumes: ['', '?limit=1', '?name=data', '?name=a', '?label=stage%3Dtest', '?label=secret', '?dangling=true'],
  networks: ['', '?limit=1', '?name=inner', '?label=secret'],
  jobs: ['', '?limit=1', '?state=succeeded'],
  registries: ['', '?limit=1'],
  teams: ['', '?limit=1', '?sort=-name'],
  unowned: [''],
}

/** Names that another team has, and that nobody has: each must be answered the same, whoever is there. */
const NAMES = ['web-00', 'web-33', 'data-07', 'inner-02', 'mine:1-03', 'nothing']

function errors(as: ActorName): Look[] {
  return NAMES.flatMap((name) => {
    const ref = encodeURIComponent(name)
    return [
      get(`/containers/${ref}`, as),
      get(`/containers/${ref}/logs`, as),
      post(`/containers/${ref}/start`, undefined, as),
      post(`/containers/${ref}/rename`, { name: 'other' }, as),
      remove(`/containers/${ref}?force=true`, as),
      get(`/images/${ref}`, as),
      remove(`/images/${ref}`, as),
      post('/images/tag', { source: name, target: 'copy:1' }, as),
      get(`/volumes/${ref}`, as),
      remove(`/volumes/${ref}`, as),
      get(`/networks/${ref}`, as),
      post(`/networks/${ref}/connect`, { container: 'web' }, as),
      remove(`/networks/${ref}`, as),
    ]
  })
}

/** What ends in a conflict with alpha's own, and must not speak of anybody else. */
const CONFLICTS: readonly Look[] = [
  post('/containers', { name: 'web', image: 'busybox:1' }),
  post('/containers/idle/rename', { name: 'web' }),
  remove('/containers/web'),
  post('/volumes', { name: 'data' }),
  remove('/volumes/data'),
  post('/networks', { name: 'inner' }),
  remove('/networks/inner'),
  post('/containers', { name: 'x', image: 'mine:1-03', pull: 'never' }),
  post('/containers', { name: 'x', image: 'busybox:1', volumesFrom: ['web-00'] }),
  post('/containers', { name: 'x', image: 'busybox:1', network: 'container:web-00' }),
  post('/containers', { name: 'x', image: 'busybox:1', network: 'inner-02' }),
]

/** Makes and takes away again, under names that the others have too. */
const WRITES: readonly Look[] = [
  post('/volumes', { name: 'data-01', labels: { a: 'b' } }),
  get('/volumes/data-01'),
  get('/volumes?name=data'),
  remove('/volumes/data-01'),
  post('/containers', { name: 'web-00', image: 'busybox:1', command: ['true'] }),
  get('/containers/web-00'),
  post('/containers/web-00/rename', { name: 'web-01' }),
  get('/containers?all=true&sort=name'),
  remove('/containers/web-01'),
  post('/images/tag', { source: 'busybox:1', target: 'mine:1-00' }),
  get('/images/mine%3A1-00'),
  remove('/images/mine%3A1-00'),
]

/** By the operations table: every operation that reads and that the role may do, so that none is forgotten. */
function reads(as: ActorName): Look[] {
  const own: Readonly<Record<string, string>> = { container: 'web', image: 'busybox:1', volume: 'data', network: 'inner' }
  return (Object.keys(ROUTES) as (keyof typeof ROUTES)[]).flatMap((id) => {
    const [method, template] = ROUTES[id]
    const row = operation(id)
    const sample = SAMPLES[id as OperationId]
    // what hosts and processes do in this very moment is no other team's doing
    const restless = ['HealthReady', 'ContainerStats', 'ContainerTop', 'OpenApi', 'Metrics'].includes(id)
    if (!(id in OPERATIONS) || row.effect === 'write' || !template.startsWith('/api/v1') || restless || method === 'HEAD') return []
    const given: Readonly<Record<string, string>> = sample && 'path' in sample && sample.path ? sample.path : {}
    const ref = own[row.target]
    if (template.includes('{') && ref === undefined && Object.keys(given).length === 0) return []
    const path = template
      .slice('/api/v1'.length)
      .replaceAll(/\{(\w+)\}/g, (_, name: string) => given[name] ?? encodeURIComponent(ref ?? 'x'))
    const query = sample?.query ? `?${sample.query}` : ''
    return [{ as, method, path: path + query, ...(sample?.body && { body: sample.body }) }]
  })
}

export const LOOKS: readonly Look[] = [
  ...Object.entries(LISTS).flatMap(([noun, queries]) => queries.map((query) => get(`/${noun}${query}`))),
  ...(['vic', 'mia', 'tok', 'nob'] as const).flatMap((as) => Object.keys(LISTS).map((noun) => get(`/${noun}?limit=1000`, as))),
  ...(['ann', 'mia', 'vic'] as const).flatMap(reads),
  get((f) => `/teams/${f.alpha.name}`),
  get((f) => `/teams/${f.alpha.name}/members`),
  get((f) => `/teams/${f.alpha.name}/profile`),
  get((f) => `/containers/${f.web.id}`),
  get((f) => `/containers/${f.web.id.slice(0, 8)}`),
  get('/containers/web/logs?tail=all&timestamps=true'),
  ...errors('ann'),
  ...errors('vic'),
  ...CONFLICTS,
  ...WRITES,
  post('/me/can-i', { operation: 'ContainerInspect', target: { ref: 'web-00' } }),
  post('/me/can-i', { operation: 'ContainerInspect', target: { ref: 'web' } }),
  post('/volumes/prune?label=none', undefined, 'mia'),
  post('/networks/prune?label=none', undefined, 'mia'),
]

/** Sends one, and answers its bytes with what differs by itself blanked out. */
export async function look(
  field: Field,
  { as, method, path, body, prefer }: Look,
): Promise<{ readonly seen: string; readonly raw: string }> {
  const answer = await rest(method, path, { ...(body && { body: of(body, field) }), ...(prefer && { headers: { prefer } }) })(field, as)
  return { seen: `${answer.status} ${masked(answer.bytes, field)}`, raw: answer.bytes }
}

/** Ids of what has been there all the time stay: only what is new has none to compare. */
function masked(bytes: string, field: Field): string {
  const kept = new Set([field.web.id, field.alpha.id, field.imageId])
  return bytes
    .replaceAll(/"(date|berth-revision|etag|x-request-id)":"[^"]*"/g, '"$1":"…"')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g, (id) => (kept.has(id) ? id : '<uuid>'))
    .replaceAll(/"hostname":"[0-9a-f]{12}"/g, '"hostname":"<id>"')
    .replaceAll(/\b[0-9a-f]{64}\b/g, (id) => (kept.has(id) || kept.has(`sha256:${id}`) ? id : '<id>'))
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '<time>')
    .replaceAll(/-?[\d.]+ s from the gateway's/g, "… s from the gateway's")
    .replaceAll(/"content-length":"\d+"/g, '"content-length":"…"')
}
