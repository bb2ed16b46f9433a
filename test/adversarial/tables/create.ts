import { bed } from '../../support/bed.js'
import { engineJson } from '../../support/engine-http.js'
import { type Answer, type Attack, inTurn, rest, type Table } from '../support/attack.js'
import type { Field } from '../support/field.js'

const create = (body: object | ((f: Field) => object)): Attack['send'] =>
  rest('POST', '/containers', {
    body: (f) => ({ image: 'busybox:1', ...(typeof body === 'function' ? (body as (f: Field) => object)(f) : body) }),
  })
const text = (body: string): Attack['send'] => rest('POST', '/containers', { body })
const mount = (fields: object) => create({ mounts: [{ target: '/x', ...fields }] })

/** What the profile of the team forbids, in our words: nothing of the host is reached by any of them. */
const DENIED: readonly [what: string, body: object][] = [
  ['privileged', { privileged: true }],
  ['the network of the host', { network: 'host' }],
  ["the engine's own bridge, where everybody is", { network: 'bridge' }],
  ['a port below 1024', { ports: [{ container: 80, host: 80 }] }],
  ['a working directory in /proc/self/fd (CVE-2024-21626)', { workingDir: '/proc/self/fd/8' }],
  ['a working directory that is normalised to /proc', { workingDir: '/usr/../proc/self/fd/7' }],
  ['a mount over /proc', { mounts: [{ type: 'tmpfs', target: '/proc' }] }],
  ['a mount over /sys/fs/cgroup', { mounts: [{ type: 'tmpfs', target: '/sys/fs/cgroup' }] }],
  ['a mount over /', { mounts: [{ type: 'tmpfs', target: '/' }] }],
  ['a mount over /dev by a detour', { mounts: [{ type: 'tmpfs', target: '/x/../dev' }] }],
  ['a tmpfs of a terabyte', { mounts: [{ type: 'tmpfs', target: '/x', size: 2 ** 40 }] }],
  ['a health check a thousand times a second', { healthcheck: { test: ['CMD', 'true'], interval: 0.001 } }],
  ['a label that is ours: berth.uid', { labels: { 'berth.uid': '00000000-0000-4000-8000-000000000000' } }],
  ['a label that is ours, in other letters', { labels: { 'BERTH.Uid': 'x' } }],
  ['no seccomp profile', { securityOptions: ['seccomp=unconfined'] }],
  ['a seccomp profile that nobody gave the team', { securityOptions: ['seccomp=anything'] }],
  ['new privileges', { securityOptions: ['no-new-privileges=false'] }],
  ['no apparmor profile', { securityOptions: ['apparmor=unconfined'] }],
  ['no label', { securityOptions: ['label=disable'] }],
  ["a label of the engine's own", { labels: { 'com.docker.network.internal': 'true' } }],
]

/** The host itself as a mount, spelled in every way that a check might miss. */
const BINDS: readonly [what: string, mount: object][] = [
  ['CVE-2026-44850: the host by a mount of type bind, where a check looks at Binds only (Portainer)', { type: 'bind', source: '/' }],
  ['the socket of the engine', { type: 'bind', source: '/var/run/docker.sock' }],
  ['the socket of the engine, called a volume', { type: 'volume', source: '/var/run/docker.sock' }],
  ["the engine's data root", { type: 'bind', source: '/var/lib/docker' }],
  ['the host by a detour', { type: 'bind', source: '/srv/../../' }],
  ['the host by its process', { type: 'bind', source: '/proc/1/root' }],
  ['an export that nobody gave the team', { type: 'bind', source: 'no-such-export' }],
  ['a path below an export', { type: 'bind', source: 'no-such-export/../../etc' }],
]

/** Wrong in themselves, whatever the profile. */
const INVALID: readonly [what: string, body: object][] = [
  ['more memory than the host has', { resources: { memory: 2 ** 50 } }],
  ['more pids than anybody needs', { resources: { pids: 4_000_000 } }],
  ['65 labels', { labels: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`l${i}`, 'x'])) }],
  ['a mount of type npipe', { mounts: [{ type: 'npipe', source: 'x', target: '/x' }] }],
  ['a mount of type cluster', { mounts: [{ type: 'cluster', source: 'x', target: '/x' }] }],
  ['a mount of type image', { mounts: [{ type: 'image', source: 'busybox:1', target: '/x' }] }],
  [
    'CVE-2026-44849: the host as a local volume with driver options (Portainer)',
    {
      mounts: [
        {
          type: 'volume',
          source: 'data',
          target: '/x',
          volumeOptions: { DriverConfig: { Options: { type: 'none', o: 'bind', device: '/' } } },
        },
      ],
    },
  ],
  ['a volume with propagation', { mounts: [{ type: 'volume', source: 'data', target: '/x', propagation: 'rshared' }] }],
  ['capabilities', { capAdd: ['SYS_ADMIN'] }],
  ['security options', { securityOpt: ['seccomp=unconfined', 'apparmor=unconfined'] }],
  ['the processes of the host', { pid: 'host' }],
  ['devices', { devices: [{ PathOnHost: '/dev/sda', PathInContainer: '/dev/sda', CgroupPermissions: 'rwm' }] }],
  ['an own runtime', { runtime: 'runc-evil' }],
  ['a cgroup parent', { cgroupParent: '/' }],
  ['a file for its id on the host', { containerIDFile: '/etc/cron.d/x' }],
  ['sysctls', { sysctls: { 'kernel.core_pattern': '|/x' } }],
  ['a log driver that sends elsewhere', { logConfig: { type: 'syslog', config: { 'syslog-address': 'tcp://127.0.0.1:1' } } }],
  ['extra hosts', { extraHosts: ['host:host-gateway'] }],
  ["a body in the engine's words", { HostConfig: { Privileged: true } }],
  ["the engine's words one level up, which it reads too", { Privileged: true, Binds: ['/:/host'] }],
  ['a name that is a path', { name: '../../etc' }],
  ["a name that is another's short id, to take it over", { name: 'abcdef012345' }],
  ["a name that is another's full id", { name: 'a'.repeat(64) }],
  ['a name with a line feed, for the log', { name: 'x\n{"level":30,"msg":"forged"}' }],
  ['a name with the separator of teams and a foreign team before it', { name: '/bravo--box' }],
  ['a name of 64 characters', { name: 'x'.repeat(64) }],
  ['a user with an option', { user: 'root --privileged' }],
  ['an environment with NUL in it', { env: ['A=\u0000B'] }],
  ['a host name that is an option', { hostname: '-x' }],
  ['a million copies', { count: 1_000_000 }],
  ['a negative memory', { resources: { memory: -1 } }],
  ['cpus that are no number', { resources: { cpus: '1e99' } }],
  ['a port of 65536', { ports: [{ container: 65_536 }] }],
  ['a host address that is a name', { ports: [{ container: 80, hostIp: 'evil.example' }] }],
  ['a list where an object belongs', { resources: [] }],
  ['a seccomp profile as a text', { securityOptions: ['seccomp={"defaultAction":"SCMP_ACT_ALLOW"}'] }],
  ['a seccomp profile as a file of the host', { securityOptions: ['seccomp=/etc/passwd'] }],
  ['unmasked paths of the kernel', { securityOptions: ['systempaths=unconfined'] }],
  ['security options within another list', { securityOptions: [['seccomp=unconfined']] }],
]

/** How an authorization that reads a body is told another body than the engine reads. */
const BODIES: readonly [what: string, send: Attack['send'], code: string][] = [
  [
    'CVE-2024-41110: no body where one is judged (authorization plugins of the engine)',
    rest('POST', '/containers', { body: '', headers: { 'content-length': '0' } }),
    'invalid_request',
  ],
  [
    'CVE-2026-34040: a body over a megabyte, which an authorization layer would cut off (authorization plugins of the engine)',
    text(`{"image":"busybox:1","labels":{"pad":"${'x'.repeat(1_100_000)}"},"privileged":true}`),
    'body_too_large',
  ],
  [
    'a body of just under a megabyte, judged to its last field',
    text(`{"image":"busybox:1","command":["${'x'.repeat(100_000)}"],"privileged":true}`),
    'policy_denied',
  ],
  ['one key twice, the second one bad', text('{"image":"busybox:1","privileged":false,"privileged":true}'), 'malformed_json'],
  ['one key twice, in other letters', text('{"image":"busybox:1","privileged":false,"Privileged":true}'), 'malformed_json'],
  ['one key twice, the second one escaped', text('{"image":"busybox:1","network":"none","n\\u0065twork":"host"}'), 'malformed_json'],
  [
    'a key that folds to another to the engine (ſ for s)',
    text('{"image":"busybox:1","resources":{},"re\u017fources":{"memory":1}}'),
    'malformed_json',
  ],
  ['a key that folds to another to the engine (K for k)', text('{"image":"busybox:1","networ\u212a":"host"}'), 'invalid_request'],
  ['a second document behind the first', text('{"image":"busybox:1"}{"privileged":true}'), 'malformed_json'],
  ['a comment', text('{"image":"busybox:1"/*,"privileged":false*/,"privileged":true}'), 'malformed_json'],
  ['UTF-16', rest('POST', '/containers', { body: Buffer.from('{"image":"busybox:1","privileged":true}', 'utf16le') }), 'malformed_json'],
  [
    'UTF-7 in its type',
    rest('POST', '/containers', { body: '{"image":"busybox:1"}', headers: { 'content-type': 'application/json; charset=utf-7' } }),
    'unsupported_media_type',
  ],
  [
    'a body that says it is compressed',
    rest('POST', '/containers', { body: '{"image":"busybox:1"}', headers: { 'content-encoding': 'gzip' } }),
    'unsupported_media_type',
  ],
  ['__proto__ with the rest in it', text('{"image":"busybox:1","__proto__":{"privileged":true}}'), 'invalid_request'],
  ['constructor.prototype', text('{"image":"busybox:1","constructor":{"prototype":{"privileged":true}}}'), 'invalid_request'],
  [
    'ten thousand arrays in one another',
    text(`{"image":"busybox:1","labels":${'['.repeat(10_000)}${']'.repeat(10_000)}}`),
    'malformed_json',
  ],
]

export const CREATE: Table = {
  title: 'create and update',
  rows: [
    ...DENIED.map(([what, body]): Attack => ({
      name: `a container with ${what}`,
      send: create(body),
      answers: 'policy_denied',
      leaves: 'tried',
    })),
    ...BINDS.map(([what, fields]): Attack => ({ name: what, send: mount(fields), answers: 'policy_denied', leaves: 'tried' })),
    ...INVALID.map(([what, body]): Attack => ({ name: `a container with ${what}`, send: create(body), answers: 'invalid_request' })),
    // of no team there is no decision
    { name: 'a container with the team as a list', send: create({ team: [''] }), answers: 'invalid_request', leaves: 'none' },
    ...BODIES.map(([what, send, answers]): Attack => ({ name: what, send, answers })),
    {
      name: 'a foreign volume, mounted: the name is free in the own team, so it is a new and empty volume of that',
      send: create((f) => ({ mounts: [{ type: 'volume', source: f.names.volume, target: '/x' }] })),
      answers: 201,
      leaves: 'tried',
      changes: true,
      proof: (f, answer) => assertEngine(answer, ({ Mounts }) => Mounts.every(({ Name }) => Name === `${f.alpha.name}--${f.names.volume}`)),
    },
    {
      name: 'a foreign volume by its engine name, mounted: likewise',
      send: create((f) => ({ mounts: [{ type: 'volume', source: `${f.bravo.name}--${f.names.volume}`, target: '/x' }] })),
      answers: 201,
      leaves: 'tried',
      changes: true,
      proof: (f, answer) =>
        assertEngine(answer, ({ Mounts }) => Mounts.every(({ Name }) => Name === `${f.alpha.name}--${f.bravo.name}--${f.names.volume}`)),
    },
    {
      name: 'the volumes of a foreign container',
      send: create((f) => ({ volumesFrom: [f.box.id] })),
      answers: 'invalid_request',
      leaves: 'tried',
    },
    {
      name: 'the network of a foreign container',
      send: create((f) => ({ network: `container:${f.box.id}` })),
      answers: 'invalid_request',
      leaves: 'tried',
    },
    {
      name: 'a foreign image by its content id',
      send: create((f) => ({ image: f.imageId })),
      answers: 'image_not_present',
      leaves: 'tried',
    },
    {
      name: 'a foreign image, and never a pull',
      send: create((f) => ({ image: f.names.image, pull: 'never' })),
      answers: 'image_not_present',
      leaves: 'tried',
    },
    {
      name: 'an image reference that is a path of the engine',
      send: create({ image: '../../containers/json' }),
      answers: 'invalid_reference',
      leaves: 'tried',
    },
    {
      name: 'an image reference with a query',
      send: create({ image: 'busybox:1?platform=x' }),
      answers: 'invalid_reference',
      leaves: 'tried',
    },
    {
      name: "another team's holding tag as an image",
      send: create((f) => ({ image: `berth.invalid/${f.bravo.id}/${'a'.repeat(64)}:h`, pull: 'never' })),
      answers: 'invalid_reference',
      leaves: 'tried',
    },
    { name: 'a name that is taken in the own team', send: create({ name: 'web' }), answers: 'name_in_use', leaves: 'tried' },
    {
      name: 'a name that a container of another team has: both have it, and neither learns of the other',
      send: create((f) => ({ name: f.box.name })),
      answers: 201,
      leaves: 'tried',
      changes: true,
      proof: async (f) => {
        const found = await engineJson<{ Names: string[] }[]>(bed().socketPath, 'GET', `/containers/json?all=true`)
        const named = found.flatMap(({ Names }) => Names).filter((name) => name.endsWith(`--${f.box.name}`))
        if (named.length !== 2) throw new Error(named.join())
      },
    },
    {
      name: "a container called like the engine name of another team's",
      send: create((f) => ({ name: `${f.bravo.name}--x` })),
      answers: 201,
      leaves: 'tried',
      changes: true,
      proof: (f, answer) => assertEngine(answer, ({ Name }) => Name === `/${f.alpha.name}--${f.bravo.name}--x`),
    },
    {
      name: 'CVE-2026-23520: labels with commands that a manager would run (Arcane): they are text and stay text',
      send: create({ name: 'arcane', labels: { 'com.getarcaneapp.arcane.lifecycle.pre-update': 'touch /tmp/pwned', '$(id)': '`id`' } }),
      answers: 201,
      leaves: 'tried',
      changes: true,
      proof: (_, answer) =>
        assertEngine(answer, ({ Config }) => Config.Labels['com.getarcaneapp.arcane.lifecycle.pre-update'] === 'touch /tmp/pwned'),
    },
    {
      name: 'what the gateway always writes, whatever was asked: no new privileges, private namespaces, limits',
      send: create({ name: 'plain' }),
      answers: 201,
      leaves: 'tried',
      changes: true,
      proof: (_, answer) =>
        assertEngine(
          answer,
          ({ HostConfig: h }) =>
            h.SecurityOpt.includes('no-new-privileges') &&
            h.IpcMode === 'private' &&
            h.CgroupnsMode === 'private' &&
            h.Memory > 0 &&
            h.PidsLimit > 0 &&
            !h.Privileged,
        ),
    },
    {
      name: 'a rename to the name of another in the team',
      send: rest('POST', '/containers/plain/rename', { body: { name: 'web' } }),
      answers: 'name_in_use',
      leaves: 'tried',
    },
    {
      name: "a rename to another's short id",
      send: rest('POST', '/containers/plain/rename', { body: (f) => ({ name: f.box.id.slice(0, 12) }) }),
      answers: 'invalid_request',
    },
    {
      name: 'a rename by a viewer',
      as: 'vic',
      send: rest('POST', '/containers/plain/rename', { body: { name: 'mine' } }),
      answers: 'permission_denied',
    },
    {
      name: 'changes of a container by the way of its own inspection sent back',
      send: inTurn(rest('PATCH', '/containers/plain', { body: { HostConfig: { Privileged: true } } })),
      answers: 'invalid_request',
    },
  ],
}

interface Inspected {
  readonly Name: string
  readonly Mounts: readonly { readonly Name: string }[]
  readonly Config: { readonly Labels: Record<string, string> }
  readonly HostConfig: {
    readonly SecurityOpt: string[]
    readonly IpcMode: string
    readonly CgroupnsMode: string
    readonly Memory: number
    readonly PidsLimit: number
    readonly Privileged: boolean
  }
}

/** What the engine has of a container that was made. */
async function assertEngine({ body }: Answer, holds: (found: Inspected) => boolean): Promise<void> {
  const found = await engineJson<Inspected>(bed().socketPath, 'GET', `/containers/${(body as { id: string }).id}/json`)
  if (!holds(found)) throw new Error(JSON.stringify([found.Name, found.Config.Labels, found.HostConfig]))
}
