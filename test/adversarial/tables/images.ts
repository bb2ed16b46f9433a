import { bed } from '../../support/bed.js'
import { engineJson } from '../../support/engine-http.js'
import { type Attack, rest, type Table } from '../support/attack.js'

const pull = (reference: unknown, more: object = {}): Attack['send'] =>
  rest('POST', '/images/pull', { body: { reference, ...more }, headers: { prefer: 'wait=20' } })
const tag = (body: Attack['send'] extends never ? never : Parameters<typeof rest>[2]): Attack['send'] => rest('POST', '/images/tag', body)
const path = (reference: string) => `/images/${encodeURIComponent(reference)}`

/** References that must not get as far as the engine, whose client encodes nothing. */
const REFERENCES: readonly [what: string, reference: string][] = [
  ['a path', '../../containers/json'],
  ['a path inside of a repository', 'library/../../x'],
  ['a query', 'busybox:1?fromSrc=http://127.0.0.1/'],
  ['a fragment', 'busybox:1#x'],
  ['a scheme', 'http://127.0.0.1/x:1'],
  ['a line feed', 'busybox:1\nX-Registry-Auth: e30='],
  ['a NUL', 'busybox:1\u0000'],
  ['a letter that looks like another', 'busyb\u043ex:1'],
  ['capitals', 'BusyBox:1'],
  ['a tag of 200 characters', `busybox:${'x'.repeat(200)}`],
  ['a repository of 2000 characters', `${'a/'.repeat(1_000)}x:1`],
  ['a digest that is none', 'busybox@sha256:xyz'],
  ['an id in the place of a reference', `sha256:${'a'.repeat(64)}`],
  ['64 hex digits, which would shadow an id', 'a'.repeat(64)],
  ['a user and a password', 'user:password@registry.example/x:1'],
]

export const IMAGES: Table = {
  title: 'images',
  rows: [
    ...REFERENCES.map(([what, reference]): Attack => ({
      name: `a pull of a reference with ${what}`,
      send: pull(reference),
      answers: reference.length > 1_024 || reference.includes('\u0000') ? 'invalid_request' : 'invalid_reference',
      leaves: 'tried',
    })),
    { name: 'a pull of a number', send: pull(5), answers: 'invalid_request' },
    {
      name: "a pull in the engine's words, from a source of its own",
      send: pull('busybox:1', { fromSrc: 'http://127.0.0.1/' }),
      answers: 'invalid_request',
    },
    {
      name: "a pull into another team's place",
      send: rest('POST', '/images/pull', { body: (f) => ({ reference: 'busybox:1', team: f.bravo.name }) }),
      answers: 'not_found',
    },
    { name: 'a pull by a viewer', as: 'vic', send: pull('busybox:1'), answers: 'permission_denied' },
    {
      name: 'a tag of an image that only another team has, by its id',
      send: tag({ body: (f) => ({ source: f.imageId, target: 'mine:1' }) }),
      answers: 'not_found',
      leaves: 'tried',
    },
    {
      name: 'a tag of an image that only another team has, by its reference',
      send: tag({ body: (f) => ({ source: f.names.image, target: 'mine:1' }) }),
      answers: 'not_found',
      leaves: 'tried',
    },
    {
      name: 'a tag that is a holding tag of another team',
      send: tag({ body: (f) => ({ source: 'busybox:1', target: `berth.invalid/${f.bravo.id}/x:h` }) }),
      answers: 'invalid_reference',
      leaves: 'tried',
    },
    {
      name: "a tag like another image's short id, which the engine would find first",
      send: tag({ body: (f) => ({ source: 'busybox:1', target: `${f.imageId.slice(7, 19)}:latest` }) }),
      answers: 201,
      leaves: 'tried',
      changes: true,
      proof: async (f) => {
        // only the team has it: on the engine nothing of that name came to be
        const all = await engineJson<{ RepoTags: string[] | null }[]>(bed().socketPath, 'GET', '/images/json')
        if (all.some(({ RepoTags }) => RepoTags?.some((name) => name.startsWith(f.imageId.slice(7, 19)))))
          throw new Error('it shadows the id')
      },
    },
    {
      name: "a tag in the registry of the engine's own images",
      send: tag({ body: { source: 'berth.test/busybox:1', target: 'mine:1' } }),
      answers: 'not_found',
      leaves: 'tried',
    },
    { name: 'an image that the host has and no team: its tag', send: rest('GET', path('berth.test/busybox:1')), answers: 'not_found' },
    {
      name: "another team's image by its digest",
      send: rest('GET', (f) => path(`${f.names.image.replace(/:1$/, '')}@sha256:${'a'.repeat(64)}`)),
      answers: 'not_found',
    },
    { name: 'an image by a path, encoded', send: rest('GET', '/images/..%2Fcontainers%2Fjson'), answers: 'invalid_reference' },
    { name: 'an image by a path, encoded twice', send: rest('GET', '/images/..%252Fcontainers'), answers: 'invalid_reference' },
    {
      name: 'a holding tag of another team, removed',
      send: rest('DELETE', (f) => path(`berth.invalid/${f.bravo.id}/${'a'.repeat(64)}:h`)),
      answers: 'invalid_reference',
    },
    {
      name: 'the tags that the engine has, by the list',
      send: rest('GET', '/images'),
      answers: 200,
      leaves: 'none',
      proof: (_, { bytes }) => {
        if (bytes.includes('berth.invalid')) throw new Error('a holding tag is shown')
      },
    },
    {
      name: 'a filter by reference that is a costly pattern',
      send: rest('GET', `/images?reference=${encodeURIComponent(`${'*a'.repeat(200)}b`)}`),
      answers: 'invalid_request',
      leaves: 'none',
    },
    { name: 'an image in the library, removed by a team', send: rest('DELETE', '/library/busybox%3A1'), answers: 'permission_denied' },
    {
      name: "an image from a stranger's file in the library",
      send: rest('PUT', '/library/evil%3A1', { body: { image: 'busybox:1' } }),
      answers: 'permission_denied',
    },
  ],
}
