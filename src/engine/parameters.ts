/**
 * THE table of what may be sent to the engine beside the bodies that admission judges: every query parameter, header and
 * remaining body field of every operation that is offered, engine API 1.41 to 1.55. permitted.ts holds each call to it, so what
 * is not here is not sent, and a test holds it to the engine's own description, so that nothing is here by mistake or missing.
 */

/** Asked for by a client, in our word for it, and judged before it comes here. */
interface Offered {
  readonly kind: 'offered'
  readonly name: string
  /** Of the operation that offers it, where it is another than the engine's of the same route. */
  readonly operation?: string
}

/** Made by the gateway, whatever the client says. */
interface Ours {
  readonly kind: 'ours'
  readonly what: string
}

/** Always this, if it is sent at all. */
interface Fixed {
  readonly kind: 'fixed'
  readonly value: string
  readonly why: string
}

/** Never sent. */
interface Refused {
  readonly kind: 'refused'
  readonly why: string
}

export type ParameterRow = (Offered | Ours | Fixed | Refused) & {
  /** The engine takes it, but its description does not tell. */
  readonly undocumented?: true
}
export type ParameterRows = Readonly<Record<string, ParameterRow>>

export interface CallRow {
  readonly query?: ParameterRows
  readonly headers?: ParameterRows
  /** admitted: by the field tables. tar: an upload. Or each field at the top. None: no body is sent. */
  readonly body?: 'admitted' | 'tar' | ParameterRows
}

const offered = (name: string, operation?: string): ParameterRow => ({ kind: 'offered', name, ...(operation && { operation }) })
const ours = (what: string): ParameterRow => ({ kind: 'ours', what })
const fixed = (value: string, why: string): ParameterRow => ({ kind: 'fixed', value, why })
const refused = (why: string): ParameterRow => ({ kind: 'refused', why })

const each = (names: string, row: ParameterRow): ParameterRows => Object.fromEntries(names.split(' ').map((name) => [name, row]))

const FROM_INVENTORY = refused('lists are answered from the inventory, filtered within what the caller may see')
const OWN_PRUNE = refused('a prune of the engine knows no teams: the gateway removes one by one what is the team’s')
const ONE_PLATFORM = refused('images are those of the host’s platform')
const SIGNAL = refused('the container’s own stop signal; kill takes one')
const NO_KEYS = 'keys that nobody types: which keys detach whom is decided by the gateway'
const REGISTRY_AUTH = ours('credentials of the registry that the team has, never the client’s')
const CONFIGURED = refused('an image is configured by `changes`, which are judged as lines of a Dockerfile')

export const ENGINE_CALLS: Readonly<Record<string, CallRow>> = {
  // containers
  'GET /containers/json': {
    query: {
      all: fixed('true', 'the inventory has all of them'),
      ...each('filters limit', FROM_INVENTORY),
      size: refused('a walk over the disk for everybody’s; an inspect tells that of one'),
    },
  },
  'POST /containers/create': {
    query: { name: ours('`<team>--<name>`'), platform: ONE_PLATFORM },
    body: 'admitted',
  },
  'GET /containers/{id}/json': { query: { size: offered('size') } },
  'POST /containers/{id}/start': { query: { detachKeys: refused('of no use to a start that nobody is attached by') } },
  'POST /containers/{id}/stop': { query: { t: offered('timeout'), signal: SIGNAL } },
  'POST /containers/{id}/restart': { query: { t: offered('timeout'), signal: SIGNAL } },
  'POST /containers/{id}/kill': { query: { signal: offered('signal') } },
  'POST /containers/{id}/pause': {},
  'POST /containers/{id}/unpause': {},
  'POST /containers/{id}/rename': { query: { name: ours('`<team>--<name>`') } },
  'POST /containers/{id}/wait': { query: { condition: offered('condition') } },
  'POST /containers/{id}/update': { body: 'admitted' },
  'DELETE /containers/{id}': {
    query: {
      force: offered('force'),
      v: offered('volumes'),
      link: refused('links of the shared bridge, which nobody is on'),
    },
  },
  'POST /containers/prune': { query: { filters: OWN_PRUNE } },
  'GET /containers/{id}/top': { query: { ps_args: offered('args') } },
  'GET /containers/{id}/logs': {
    query: {
      ...Object.fromEntries(['follow', 'since', 'until', 'stdout', 'stderr', 'tail'].map((name) => [name, offered(name)])),
      timestamps: fixed('true', 'they place a line for a cursor; left out of the answer where they were not asked for'),
    },
  },
  'GET /containers/{id}/stats': {
    query: {
      stream: ours('false for one sample, true for the shared stream'),
      'one-shot': refused('a sample without the one before it tells no rates'),
    },
  },
  'POST /containers/{id}/attach': {
    query: {
      ...each('stream stdout stderr', fixed('1', 'a terminal has all of them')),
      stdin: ours('whether the container has one'),
      logs: refused('what was printed before is read from the log, where it has a place'),
      detachKeys: ours(NO_KEYS),
    },
  },
  'POST /containers/{id}/resize': { query: { h: offered('rows'), w: offered('cols') } },
  'GET /containers/{id}/changes': {},
  'GET /containers/{id}/export': {},
  'GET /containers/{id}/archive': { query: { path: offered('path') } },
  'HEAD /containers/{id}/archive': { query: { path: offered('path') } },
  'PUT /containers/{id}/archive': {
    query: {
      path: offered('path'),
      noOverwriteDirNonDir: offered('noOverwriteDirNonDir'),
      copyUIDGID: refused('owners are written into the archive itself: `owner`'),
    },
    body: 'tar',
  },
  'POST /containers/{id}/exec': { body: 'admitted' },
  'GET /exec/{id}/json': {},
  'POST /exec/{id}/start': {
    body: {
      Detach: fixed('false', 'its end is waited for'),
      Tty: ours('as it was created'),
      ConsoleSize: refused('the size is told by a resize, on every engine'),
    },
  },
  'POST /exec/{id}/resize': { query: { h: offered('rows'), w: offered('cols') } },

  // images
  'GET /images/json': {
    query: {
      filters: ours('nameless content with the mark of one build, to remove what it left'),
      ...each('all digests identity manifests shared-size', FROM_INVENTORY),
    },
  },
  'GET /images/{name}/json': { query: { manifests: ONE_PLATFORM, platform: ONE_PLATFORM } },
  'GET /images/{name}/history': { query: { platform: ONE_PLATFORM } },
  'GET /images/{name}/attestations': { query: each('platform statement type', refused('not served yet')) },
  'GET /images/search': {
    query: {
      term: offered('term'),
      limit: offered('limit'),
      filters: refused('stars and officiality of the hub only; what comes is filtered by the caller'),
    },
    headers: { 'X-Registry-Auth': { ...REGISTRY_AUTH, undocumented: true } },
  },
  'GET /distribution/{name}/json': { headers: { 'X-Registry-Auth': { ...REGISTRY_AUTH, undocumented: true } } },
  'POST /images/create': {
    query: {
      fromImage: ours('the repository that was asked for, by its full name'),
      fromSrc: fixed('-', 'the bytes of the request: an address would make the engine fetch it'),
      repo: ours('the holding name of the team’s reference'),
      tag: ours('the tag, or the digest that it was resolved to'),
      changes: offered('changes', 'ImageImport'),
      message: offered('message', 'ImageImport'),
      platform: ONE_PLATFORM,
    },
    headers: { 'X-Registry-Auth': REGISTRY_AUTH },
    body: 'tar',
  },
  'POST /images/{name}/push': {
    query: { tag: ours('the tag that was asked for'), platform: ONE_PLATFORM },
    headers: { 'X-Registry-Auth': REGISTRY_AUTH },
  },
  'POST /images/{name}/tag': { query: { repo: ours('the holding name of the team’s reference'), tag: ours('with its tag') } },
  'DELETE /images/{name}': {
    query: {
      force: refused('by id it takes everybody’s names away'),
      noprune: refused('what was made of it goes when nobody’s reference holds it'),
      platforms: ONE_PLATFORM,
    },
  },
  'POST /images/prune': { query: { filters: OWN_PRUNE } },
  'GET /images/get': { query: { names: ours('content ids: names are written into the archive by the gateway'), platform: ONE_PLATFORM } },
  'GET /images/{name}/get': { query: { platform: ONE_PLATFORM } },
  'POST /images/load': {
    query: { quiet: fixed('false', 'the answer tells what was loaded'), platform: ONE_PLATFORM },
    body: 'tar',
  },
  'POST /commit': {
    query: {
      container: ours('the full id'),
      repo: ours('the holding name of the team’s reference'),
      tag: ours('with its tag'),
      author: offered('author'),
      comment: offered('message'),
      changes: offered('changes'),
      pause: offered('pause'),
    },
    body: {
      Labels: ours('the gateway’s own labels, empty: an image carries no mark of a team'),
      ...each(
        'ArgsEscaped AttachStderr AttachStdin AttachStdout Cmd Domainname Entrypoint Env ExposedPorts Healthcheck Hostname Image ' +
          'MacAddress NetworkDisabled OnBuild OpenStdin Shell StdinOnce StopSignal StopTimeout Tty User Volumes WorkingDir',
        CONFIGURED,
      ),
    },
  },
  'POST /build': {
    query: {
      t: refused('the engine names it only after it has taken the context away: the gateway tags what was made'),
      dockerfile: ours('the place of the Dockerfile that the gateway has rewritten'),
      target: offered('target'),
      buildargs: offered('buildArgs'),
      labels: offered('labels'),
      networkmode: ours('none, or the team’s network: `network`'),
      cachefrom: ours('content ids of the team’s own images: `cacheFrom`'),
      nocache: fixed('true', 'the builder’s cache is the whole host’s'),
      ...each('rm forcerm', fixed('true', 'a build leaves no containers')),
      memory: offered('memory'),
      memswap: ours('the same as the memory'),
      ...each('cpuperiod cpuquota', ours('from `cpus`')),
      ...each('cpusetcpus cpushares', refused('a share of the host is told in `cpus`')),
      extrahosts: refused('a name in the place of another’s'),
      outputs: refused('BuildKit’s, which writes files on the host'),
      platform: ONE_PLATFORM,
      pull: refused('each FROM is a content id by then; `pull` is done by the gateway, with the team’s credentials'),
      q: refused('the log is the job’s'),
      remote: refused('the engine would fetch it, from wherever it can reach'),
      shmsize: refused('the engine’s default'),
      squash: refused('experimental, and of the whole host’s layers'),
      version: refused('the classic builder: BuildKit needs a session of the client’s'),
    },
    headers: {
      'X-Registry-Config': refused('the builder pulls nothing: each FROM is a content id'),
      'Content-type': fixed('application/x-tar', 'the context as the gateway has read it'),
    },
    body: 'tar',
  },
  'POST /build/prune': {
    query: {
      ...each(
        'all filters keep-storage max-used-space min-free-space reserved-space',
        refused('not served yet: the cache is the whole host’s'),
      ),
    },
  },

  // volumes and networks
  'GET /volumes': { query: { filters: FROM_INVENTORY } },
  'POST /volumes/create': { body: 'admitted' },
  'GET /volumes/{name}': {},
  'DELETE /volumes/{name}': { query: { force: refused('it hides that a volume driver has failed') } },
  'POST /volumes/prune': { query: { filters: OWN_PRUNE } },
  'GET /networks': { query: { filters: FROM_INVENTORY } },
  'POST /networks/create': { body: 'admitted' },
  'GET /networks/{id}': { query: { scope: refused('networks of a cluster'), verbose: refused('services of a cluster') } },
  'DELETE /networks/{id}': {},
  'POST /networks/{id}/connect': { body: { Container: offered('container'), EndpointConfig: ours('the endpoint as it was admitted') } },
  'POST /networks/{id}/disconnect': { body: { Container: offered('container'), Force: offered('force') } },
  'POST /networks/prune': { query: { filters: OWN_PRUNE } },

  // the engine itself
  'GET /version': {},
  'GET /info': {},
  'GET /_ping': {},
  'HEAD /_ping': {},
  'GET /system/df': {
    query: { type: refused('the answer is cut to what the caller may see'), verbose: refused('the answer is made by the gateway') },
  },
  'GET /events': {
    query: {
      since: ours('where the last subscription ended'),
      until: ours('the present, to catch up'),
      filters: refused('the inventory needs all kinds'),
    },
  },
  'POST /auth': { body: each('email password serveraddress username', refused('not served yet: registries are asked by the gateway')) },
}
