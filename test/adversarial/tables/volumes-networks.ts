import { type Attack, rest, type Table } from '../support/attack.js'

const volume = (body: object): Attack['send'] => rest('POST', '/volumes', { body })

export const VOLUMES_NETWORKS: Table = {
  title: 'volumes and networks',
  rows: [
    { name: 'a volume by a driver of its own', send: volume({ name: 'x', driver: 'evil/plugin' }), answers: 'invalid_request' },
    {
      name: 'CVE-2026-44849: a volume that is the host, by the options of its driver (Portainer)',
      send: volume({ name: 'x', driverOpts: { type: 'none', o: 'bind', device: '/' } }),
      answers: 'invalid_request',
    },
    {
      name: "a volume in the engine's words",
      send: volume({ Name: 'x', Driver: 'local', DriverOpts: { type: 'none', o: 'bind', device: '/' } }),
      answers: 'invalid_request',
    },
    { name: 'a volume called like a path', send: volume({ name: '../../etc' }), answers: 'invalid_request' },
    { name: 'a volume called like an option', send: volume({ name: '-v' }), answers: 'invalid_request' },
    {
      name: 'a volume with labels that are ours',
      send: volume({ name: 'x', labels: { 'berth.uid': 'x' } }),
      answers: 'policy_denied',
      leaves: 'tried',
    },
    {
      name: 'a volume with 100 labels',
      send: volume({ name: 'x', labels: Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`l${i}`, ''])) }),
      answers: 'invalid_request',
    },
    {
      name: 'a volume with a label of a megabyte',
      send: volume({ name: 'x', labels: { a: 'x'.repeat(900_000) } }),
      answers: 'invalid_request',
    },
    { name: 'a volume of the own team, a second time', send: volume({ name: 'data' }), answers: 'name_in_use', leaves: 'tried' },
    {
      name: 'a volume called like one of another team: both have it',
      send: rest('POST', '/volumes', { body: (f) => ({ name: `${f.names.volume}2` }) }),
      answers: 201,
      leaves: 'tried',
      changes: true,
    },
    {
      name: 'a volume of a foreign team',
      send: rest('POST', '/volumes', { body: (f) => ({ name: 'x', team: f.bravo.name }) }),
      answers: 'not_found',
    },
    { name: 'a volume that is a path, read', send: rest('GET', '/volumes/..%2F..%2Fetc'), answers: 'invalid_reference', leaves: 'denied' },
    {
      name: 'a volume that a container mounts, removed by force',
      send: rest('DELETE', '/volumes/data?force=true'),
      answers: 'invalid_request',
      leaves: 'none',
    },
    { name: 'a volume by a viewer', as: 'vic', send: volume({ name: 'x' }), answers: 'permission_denied' },
    {
      name: 'every volume, as who is in no team',
      as: 'nob',
      send: rest('GET', '/volumes'),
      answers: 200,
      leaves: 'none',
      proof: (_, { body }) => {
        if ((body as { items: unknown[] }).items.length > 0) throw new Error('something is shown')
      },
    },
    {
      name: 'CVE-2026-44848: a plugin of the engine, pulled (Portainer)',
      send: rest('POST', '/plugins/pull?remote=evil/plugin', { body: [] }),
      answers: 'route_not_found',
    },
    {
      name: 'a plugin of the engine, enabled, by an administrator',
      as: 'root',
      send: rest('POST', '/plugins/evil/enable'),
      answers: 'route_not_found',
    },
    {
      name: "the engine's own path with its version: plugins",
      as: 'root',
      send: rest('POST', '/v1.41/plugins/pull', { bare: true, body: [] }),
      answers: 'route_not_found',
    },
    {
      name: 'CVE-2026-44849: a service of a swarm, whose body nobody judges (Portainer)',
      as: 'root',
      send: rest('POST', '/services/create', { body: { TaskTemplate: { ContainerSpec: { Image: 'x', CapabilityAdd: ['ALL'] } } } }),
      answers: 'route_not_found',
    },
    { name: 'a swarm, by an administrator', as: 'root', send: rest('POST', '/swarm/init', { body: {} }), answers: 'route_not_found' },
    {
      name: 'a session of BuildKit',
      as: 'root',
      send: rest('POST', '/session', { headers: { upgrade: 'h2c' } }),
      answers: 'route_not_found',
    },
    { name: 'the secrets of a swarm', as: 'root', send: rest('GET', '/secrets'), answers: 'route_not_found' },
    { name: 'the debugging of the engine', as: 'root', send: rest('GET', '/debug/pprof/heap', { bare: true }), answers: 'route_not_found' },
  ],
}
