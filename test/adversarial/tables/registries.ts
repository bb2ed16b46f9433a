import { type Attack, rest, type Table } from '../support/attack.js'

const save = (body: object): Attack['send'] => rest('POST', '/registries', { body: { name: 'evil', ...body } })

/** Addresses behind which is not a registry but the host, its neighbours or the keys of the cloud. */
const ADDRESSES: readonly [what: string, url: string][] = [
  ['the metadata service of the cloud', 'http://169.254.169.254'],
  ['the metadata service, as one number', 'http://2852039166'],
  ['the metadata service, in octal', 'http://0251.0376.0251.0376'],
  ['the metadata service as IPv6', 'http://[::ffff:169.254.169.254]'],
  ['the metadata service in a NAT64 address', 'http://[64:ff9b::a9fe:a9fe]'],
  ['the metadata service in a 6to4 address', 'http://[2002:a9fe:a9fe::1]'],
  ['the metadata service of AWS as IPv6', 'http://[fd00:ec2::254]'],
  ['the engine on loopback', 'http://127.0.0.1:2375'],
  ['loopback with a short name', 'http://127.1:2375'],
  ['loopback in hex', 'http://0x7f000001:2375'],
  ['loopback as nothing', 'http://0.0.0.0:2375'],
  ['loopback as IPv6', 'http://[::1]:2375'],
  ['loopback as a mapped IPv6 address', 'http://[::ffff:7f00:1]:2375'],
  ['loopback by its name', 'http://localhost:2375'],
  ['link-local', 'http://[fe80::1]:5000'],
  ['a network of the teams', 'http://10.201.0.2:5000'],
  ['everybody', 'http://255.255.255.255:5000'],
]

/** What is no address of a registry at all. */
const URLS: readonly [what: string, url: string][] = [
  ['a file', 'file:///etc/passwd'],
  ['a socket', 'unix:///var/run/docker.sock'],
  ['another protocol', 'gopher://127.0.0.1:6379/_FLUSHALL'],
  ['a user before the host', 'http://registry.example@127.0.0.1:2375'],
  ['a path', 'http://registry.example:5000/v2/'],
  ['loopback by its name with a dot', 'http://localhost.:2375'],
  ['a query', 'http://registry.example:5000/?x='],
  ['a line feed', 'http://registry.example:5000\r\nHost: x'],
  ['a backslash', 'http://registry.example:5000\\@127.0.0.1'],
  ['nothing', ''],
]

export const REGISTRIES: Table = {
  title: 'registries',
  rows: [
    ...ADDRESSES.map(([what, url]): Attack => ({
      name: `a registry at ${what}`,
      as: 'mia',
      send: save({ url }),
      answers: 'registry_address_refused',
      leaves: 'tried',
    })),
    ...URLS.map(([what, url]): Attack => ({
      name: `a registry whose address is ${what}`,
      as: 'mia',
      send: save({ url }),
      answers: 'invalid_request',
      leaves: 'tried',
    })),
    {
      name: 'a registry whose token service is the metadata service',
      as: 'mia',
      send: save({ url: 'http://127.0.0.1:2375', tokenHost: '169.254.169.254' }),
      answers: 'registry_address_refused',
      leaves: 'tried',
    },
    {
      name: 'a user name with a colon, which moves the password',
      as: 'mia',
      send: save({ url: 'http://registry.example:5000', username: 'a:b', password: 'c' }),
      answers: 'invalid_request',
    },
    {
      name: 'a user name with a line feed, for a header',
      as: 'mia',
      send: save({ url: 'http://registry.example:5000', username: 'a\nX: y', password: 'c' }),
      answers: 'invalid_request',
    },
    {
      name: 'a certificate that is a path',
      as: 'mia',
      send: save({ url: 'https://registry.example:5000', caCertificate: '/etc/shadow' }),
      answers: 'invalid_request',
    },
    { name: 'a registry by a developer', send: save({ url: 'http://registry.example:5000' }), answers: 'permission_denied' },
    {
      name: 'a registry in a foreign team',
      as: 'mia',
      send: rest('POST', '/registries', { body: (f) => ({ team: f.bravo.name, name: 'x', url: 'http://registry.example:5000' }) }),
      answers: 'not_found',
    },
    { name: 'a foreign registry', as: 'mia', send: rest('GET', (f) => `/registries/${f.registry}`), answers: 'not_found' },
    {
      name: 'a foreign registry, checked: its password would be used',
      as: 'mia',
      send: rest('POST', (f) => `/registries/${f.registry}/check`),
      answers: 'not_found',
    },
    {
      name: 'a foreign registry, sent to another address with its password',
      as: 'mia',
      send: rest('PATCH', (f) => `/registries/${f.registry}`, { body: { url: 'http://evil.example:5000' } }),
      answers: 'not_found',
    },
    { name: 'a foreign registry, removed', as: 'mia', send: rest('DELETE', (f) => `/registries/${f.registry}`), answers: 'not_found' },
    {
      name: 'a registry by a made-up id',
      as: 'mia',
      send: rest('GET', '/registries/..%2Fusers'),
      answers: 'invalid_reference',
      leaves: 'denied',
    },
    { name: 'the passwords of all registries, by the auditor', as: 'aud', send: rest('GET', '/registries'), answers: 200, leaves: 'none' },
  ],
}
