/**
 * THE table: every operation that exists, with the permission it needs and the kind of target it is decided on.
 *
 * - What is not here does not run: boot refuses a route, handler or stream source without a row.
 * - The engine's own operations (API 1.41 to 1.55) all have a row, also those that are not offered; a test reads the
 *   engine's API description and fails on one without. `docs/permissions.md` and `api/operations.md` come from here.
 */

/** What an operation is decided on; see targets.ts for what the caller gets. */
export type TargetKind =
  | 'public' // no authentication
  | 'self' // the caller's own account
  | 'host' // the installation as a whole
  | 'scope' // everything of the caller's teams (or of ?team=): lists, events, df, prune
  | 'team' // one team, in which something is made
  | 'teamEntity' // the team itself
  | 'user'
  | 'container'
  | 'image'
  | 'volume'
  | 'network'
  | 'job'
  | 'registry'
  | 'webhook'
  | 'terminal' // a terminal session, live or recorded
  | 'serviceAccount'

/** read: nothing changes. write: two audit records. open: a stream, one audit record. */
export type Effect = 'read' | 'write' | 'open'

/** rest/stream: offered there. planned: has its decision, but nothing serves it yet. never: not offered. */
export type Edge = 'rest' | 'stream' | 'both' | 'planned' | 'never'

export interface OperationRow {
  readonly permission: string
  readonly target: TargetKind
  readonly effect: Effect
  readonly edge: Edge
  /** Method and path of the engine operation of the same name, where there is one. */
  readonly engine?: string
  /** First engine API version that has it, where that is not 1.41. */
  readonly since?: string
  /** Administrators may also do it to what belongs to no team. */
  readonly unowned?: boolean
  /** The team of a creation is named in the query, since there is no JSON body that could. */
  readonly teamInQuery?: boolean
}

type Extra = Pick<OperationRow, 'since' | 'unowned' | 'teamInQuery'>

function row<const P extends string, const T extends TargetKind>(
  permission: P,
  target: T,
  effect: Effect,
  edge: Edge,
  engine?: string,
  extra: Extra = {},
): OperationRow & { readonly permission: P; readonly target: T } {
  return { permission, target, effect, edge, ...(engine && { engine }), ...extra }
}

/** An engine operation that nobody gets, administrators included. */
function never(engine: string, extra: Extra = {}): OperationRow & { readonly permission: 'none'; readonly target: 'host' } {
  return row('none', 'host', 'write', 'never', engine, extra)
}

const unowned = { unowned: true } as const
const teamInQuery = { teamInQuery: true } as const

export const OPERATIONS = {
  // containers
  ContainerList: row('containers.read', 'scope', 'read', 'rest', 'GET /containers/json'),
  ContainerWatch: row('containers.read', 'scope', 'open', 'stream'),
  ContainerCreate: row('containers.create', 'team', 'write', 'rest', 'POST /containers/create'),
  ContainerInspect: row('containers.read', 'container', 'read', 'rest', 'GET /containers/{id}/json', unowned),
  ContainerStart: row('containers.operate', 'container', 'write', 'rest', 'POST /containers/{id}/start'),
  ContainerStop: row('containers.operate', 'container', 'write', 'rest', 'POST /containers/{id}/stop', unowned),
  ContainerRestart: row('containers.operate', 'container', 'write', 'rest', 'POST /containers/{id}/restart'),
  ContainerKill: row('containers.operate', 'container', 'write', 'rest', 'POST /containers/{id}/kill', unowned),
  ContainerPause: row('containers.operate', 'container', 'write', 'rest', 'POST /containers/{id}/pause'),
  ContainerUnpause: row('containers.operate', 'container', 'write', 'rest', 'POST /containers/{id}/unpause'),
  ContainerRename: row('containers.update', 'container', 'write', 'rest', 'POST /containers/{id}/rename'),
  ContainerUpdate: row('containers.update', 'container', 'write', 'rest', 'POST /containers/{id}/update'),
  ContainerDelete: row('containers.remove', 'container', 'write', 'rest', 'DELETE /containers/{id}', unowned),
  ContainerWait: row('containers.read', 'container', 'read', 'rest', 'POST /containers/{id}/wait'),
  ContainerTop: row('containers.top', 'container', 'read', 'both', 'GET /containers/{id}/top'),
  ContainerLogs: row('containers.logs', 'container', 'open', 'both', 'GET /containers/{id}/logs', unowned),
  ContainerStats: row('containers.stats', 'container', 'open', 'both', 'GET /containers/{id}/stats'),
  ContainerChanges: row('containers.files', 'container', 'read', 'rest', 'GET /containers/{id}/changes'),
  ContainerExport: row('containers.files', 'container', 'open', 'rest', 'GET /containers/{id}/export'),
  ContainerArchive: row('containers.files', 'container', 'open', 'rest', 'GET /containers/{id}/archive'),
  ContainerArchiveInfo: row('containers.files', 'container', 'read', 'rest', 'HEAD /containers/{id}/archive'),
  PutContainerArchive: row('containers.files', 'container', 'write', 'rest', 'PUT /containers/{id}/archive'),
  ContainerAttach: row('containers.attach', 'container', 'open', 'stream', 'POST /containers/{id}/attach'),
  ContainerAttachWebsocket: never('GET /containers/{id}/attach/ws'),
  ContainerResize: row('containers.attach', 'container', 'write', 'stream', 'POST /containers/{id}/resize'),
  ContainerPrune: row('containers.prune', 'scope', 'write', 'rest', 'POST /containers/prune'),
  ContainerBulk: row('containers.bulk', 'scope', 'write', 'rest'),
  ContainerExec: row('containers.exec', 'container', 'open', 'both', 'POST /containers/{id}/exec'),
  // An exec is reached only through the session that made it, under the decision on its container.
  ExecStart: row('containers.exec', 'container', 'open', 'stream', 'POST /exec/{id}/start'),
  ExecResize: row('containers.exec', 'container', 'write', 'stream', 'POST /exec/{id}/resize'),
  TerminalSessionList: row('terminals.read', 'scope', 'read', 'rest'),
  TerminalRecording: row('terminals.replay', 'terminal', 'open', 'rest'),
  TerminalPolicyInspect: row('teams.read', 'teamEntity', 'read', 'rest'),
  TerminalPolicyPut: row('profiles.manage', 'teamEntity', 'write', 'rest'),
  ExecInspect: row('containers.exec', 'container', 'read', 'stream', 'GET /exec/{id}/json'),

  // images
  ImageList: row('images.read', 'scope', 'read', 'rest', 'GET /images/json'),
  ImageInspect: row('images.read', 'image', 'read', 'rest', 'GET /images/{name}/json'),
  ImageHistory: row('images.read', 'image', 'read', 'rest', 'GET /images/{name}/history'),
  ImageLayers: row('images.read', 'image', 'read', 'rest'),
  ImageAttestations: row('images.read', 'image', 'read', 'planned', 'GET /images/{name}/attestations', { since: '1.55' }),
  ImageCreate: row('images.pull', 'team', 'write', 'rest', 'POST /images/create'),
  ImageTag: row('images.tag', 'team', 'write', 'rest', 'POST /images/{name}/tag'),
  ImageDelete: row('images.remove', 'image', 'write', 'rest', 'DELETE /images/{name}'),
  ImagePush: row('images.push', 'team', 'write', 'rest', 'POST /images/{name}/push'),
  ImageBuild: row('images.build', 'team', 'write', 'rest', 'POST /build', teamInQuery),
  ImageCommit: row('images.commit', 'container', 'write', 'rest', 'POST /commit'),
  ImageLoad: row('images.import', 'team', 'write', 'rest', 'POST /images/load', teamInQuery),
  ImageImport: row('images.import', 'team', 'write', 'rest', undefined, teamInQuery),
  ImageGet: row('images.save', 'image', 'open', 'rest', 'GET /images/{name}/get'),
  ImageGetAll: row('images.save', 'scope', 'open', 'rest', 'GET /images/get'),
  ImagePrune: row('images.prune', 'scope', 'write', 'rest', 'POST /images/prune'),
  ImageSearch: row('images.pull', 'team', 'read', 'rest', 'GET /images/search', teamInQuery),
  BuildPrune: row('system.prune', 'host', 'write', 'planned', 'POST /build/prune'),
  DistributionInspect: row('images.pull', 'team', 'read', 'planned', 'GET /distribution/{name}/json'),

  // volumes and networks
  VolumeList: row('volumes.read', 'scope', 'read', 'rest', 'GET /volumes'),
  VolumeCreate: row('volumes.create', 'team', 'write', 'rest', 'POST /volumes/create'),
  VolumeInspect: row('volumes.read', 'volume', 'read', 'rest', 'GET /volumes/{name}'),
  VolumeDelete: row('volumes.remove', 'volume', 'write', 'rest', 'DELETE /volumes/{name}'),
  // of cluster volumes alone
  VolumeUpdate: never('PUT /volumes/{name}', { since: '1.42' }),
  VolumePrune: row('volumes.prune', 'scope', 'write', 'rest', 'POST /volumes/prune'),
  NetworkList: row('networks.read', 'scope', 'read', 'rest', 'GET /networks'),
  NetworkCreate: row('networks.create', 'team', 'write', 'rest', 'POST /networks/create'),
  NetworkInspect: row('networks.read', 'network', 'read', 'rest', 'GET /networks/{id}'),
  NetworkDelete: row('networks.remove', 'network', 'write', 'rest', 'DELETE /networks/{id}'),
  NetworkConnect: row('networks.connect', 'network', 'write', 'rest', 'POST /networks/{id}/connect'),
  NetworkDisconnect: row('networks.connect', 'network', 'write', 'rest', 'POST /networks/{id}/disconnect'),
  NetworkPrune: row('networks.prune', 'scope', 'write', 'rest', 'POST /networks/prune'),

  // system
  SystemPing: row('none', 'public', 'read', 'planned', 'GET /_ping'),
  SystemPingHead: row('none', 'public', 'read', 'planned', 'HEAD /_ping'),
  SystemVersion: row('system.read', 'host', 'read', 'rest', 'GET /version'),
  SystemInfo: row('system.read', 'host', 'read', 'rest', 'GET /info'),
  SystemDataUsage: row('images.read', 'scope', 'read', 'rest', 'GET /system/df'),
  SystemEvents: row('events.read', 'scope', 'open', 'both', 'GET /events'),
  SystemAuth: row('registries.read', 'team', 'read', 'planned', 'POST /auth'),
  SystemCheck: row('system.read', 'host', 'read', 'rest'),

  // what this gateway adds: set-up and login
  SetupComplete: row('none', 'public', 'write', 'rest'),
  AuthLogin: row('none', 'public', 'write', 'rest'),
  OidcLogin: row('none', 'public', 'read', 'rest'),
  OidcCallback: row('none', 'public', 'write', 'rest'),
  AuthRefresh: row('none', 'public', 'write', 'rest'),
  AuthLogout: row('self.manage', 'self', 'write', 'rest'),
  MeInspect: row('self.read', 'self', 'read', 'rest'),
  MeCanI: row('self.read', 'self', 'read', 'rest'),
  WhoCan: row('users.read', 'host', 'read', 'rest'),
  MePassword: row('self.manage', 'self', 'write', 'rest'),
  TotpInspect: row('self.read', 'self', 'read', 'rest'),
  TotpEnrol: row('self.manage', 'self', 'write', 'rest'),
  TotpConfirm: row('self.manage', 'self', 'write', 'rest'),
  TotpDisable: row('self.manage', 'self', 'write', 'rest'),
  SessionList: row('self.read', 'self', 'read', 'rest'),
  SessionDelete: row('self.manage', 'self', 'write', 'rest'),
  TokenList: row('self.read', 'self', 'read', 'rest'),
  TokenCreate: row('self.manage', 'self', 'write', 'rest'),
  TokenDelete: row('self.manage', 'self', 'write', 'rest'),

  // people and teams
  UserList: row('users.read', 'host', 'read', 'rest'),
  UserCreate: row('users.manage', 'host', 'write', 'rest'),
  UserInspect: row('users.read', 'user', 'read', 'rest'),
  UserUpdate: row('users.manage', 'user', 'write', 'rest'),
  UserDelete: row('users.manage', 'user', 'write', 'rest'),
  UserTotpDelete: row('users.manage', 'user', 'write', 'rest'),
  RoleList: row('self.read', 'self', 'read', 'rest'),
  RoleInspect: row('self.read', 'self', 'read', 'rest'),
  RoleCreate: row('roles.manage', 'host', 'write', 'rest'),
  RoleUpdate: row('roles.manage', 'host', 'write', 'rest'),
  RoleDelete: row('roles.manage', 'host', 'write', 'rest'),
  PermissionList: row('self.read', 'self', 'read', 'rest'),
  TeamList: row('teams.read', 'scope', 'read', 'rest'),
  TeamCreate: row('teams.manage', 'host', 'write', 'rest'),
  TeamInspect: row('teams.read', 'teamEntity', 'read', 'rest'),
  TeamUpdate: row('teams.update', 'teamEntity', 'write', 'rest'),
  TeamDelete: row('teams.delete', 'teamEntity', 'write', 'rest'),
  QuotaInspect: row('teams.read', 'teamEntity', 'read', 'rest'),
  QuotaPut: row('quotas.manage', 'teamEntity', 'write', 'rest'),
  MemberList: row('teams.read', 'teamEntity', 'read', 'rest'),
  MemberPut: row('members.manage', 'teamEntity', 'write', 'rest'),
  MemberDelete: row('members.manage', 'teamEntity', 'write', 'rest'),

  // registries of the teams
  RegistryList: row('registries.read', 'scope', 'read', 'rest'),
  RegistryCreate: row('registries.manage', 'team', 'write', 'rest'),
  RegistryInspect: row('registries.read', 'registry', 'read', 'rest'),
  RegistryUpdate: row('registries.manage', 'registry', 'write', 'rest'),
  RegistryDelete: row('registries.manage', 'registry', 'write', 'rest'),
  RegistryCheck: row('registries.read', 'registry', 'read', 'rest'),
  RepositoryList: row('registries.read', 'registry', 'read', 'rest'),
  RepositoryTags: row('registries.read', 'registry', 'read', 'rest'),
  ManifestInspect: row('registries.read', 'registry', 'read', 'rest'),
  ManifestDelete: row('registries.manage', 'registry', 'write', 'rest'),

  // what a team may make
  ProfileInspect: row('teams.read', 'teamEntity', 'read', 'rest'),
  ProfilePut: row('profiles.manage', 'teamEntity', 'write', 'rest'),
  PolicyCheck: row('containers.create', 'team', 'read', 'rest'),
  HostExportList: row('exports.read', 'host', 'read', 'rest'),
  HostExportCreate: row('exports.manage', 'host', 'write', 'rest'),
  HostExportDelete: row('exports.manage', 'host', 'write', 'rest'),
  SeccompProfileList: row('seccomp.read', 'host', 'read', 'rest'),
  SeccompProfileInspect: row('seccomp.read', 'host', 'read', 'rest'),
  SeccompProfilePut: row('seccomp.manage', 'host', 'write', 'rest'),
  SeccompProfileDelete: row('seccomp.manage', 'host', 'write', 'rest'),

  // programs of a team
  ServiceAccountList: row('serviceAccounts.read', 'scope', 'read', 'rest'),
  ServiceAccountCreate: row('serviceAccounts.manage', 'team', 'write', 'rest'),
  ServiceAccountInspect: row('serviceAccounts.read', 'serviceAccount', 'read', 'rest'),
  ServiceAccountUpdate: row('serviceAccounts.manage', 'serviceAccount', 'write', 'rest'),
  ServiceAccountDelete: row('serviceAccounts.manage', 'serviceAccount', 'write', 'rest'),
  ServiceTokenList: row('serviceAccounts.read', 'serviceAccount', 'read', 'rest'),
  ServiceTokenCreate: row('serviceAccounts.manage', 'serviceAccount', 'write', 'rest'),
  ServiceTokenDelete: row('serviceAccounts.manage', 'serviceAccount', 'write', 'rest'),

  // what is told of events
  WebhookList: row('webhooks.read', 'scope', 'read', 'rest'),
  WebhookCreate: row('webhooks.manage', 'team', 'write', 'rest'),
  WebhookDelete: row('webhooks.manage', 'webhook', 'write', 'rest'),

  // jobs
  JobList: row('jobs.read', 'scope', 'read', 'rest'),
  JobInspect: row('jobs.read', 'job', 'read', 'rest'),
  JobCancel: row('jobs.cancel', 'job', 'write', 'rest'),
  JobProgress: row('jobs.read', 'job', 'open', 'stream'),

  // what was made beside the gateway
  UnownedList: row('unowned.read', 'host', 'read', 'rest'),
  OwnershipAssign: row('unowned.assign', 'host', 'write', 'rest'),
  LibraryPut: row('library.manage', 'host', 'write', 'rest'),
  LibraryDelete: row('library.manage', 'host', 'write', 'rest'),
  AuditList: row('audit.read', 'host', 'read', 'rest'),
  AuditVerify: row('audit.read', 'host', 'read', 'rest'),

  // running it
  HealthLive: row('none', 'public', 'read', 'rest'),
  HealthReady: row('none', 'public', 'read', 'rest'),
  Metrics: row('system.metrics', 'host', 'read', 'rest'),
  OpenApi: row('none', 'public', 'read', 'rest'),

  // not offered: the engine's cluster, plugin and BuildKit session operations reach past every team
  ConfigList: never('GET /configs'),
  ConfigCreate: never('POST /configs/create'),
  ConfigDelete: never('DELETE /configs/{id}'),
  ConfigInspect: never('GET /configs/{id}'),
  ConfigUpdate: never('POST /configs/{id}/update'),
  NodeList: never('GET /nodes'),
  NodeDelete: never('DELETE /nodes/{id}'),
  NodeInspect: never('GET /nodes/{id}'),
  NodeUpdate: never('POST /nodes/{id}/update'),
  PluginList: never('GET /plugins'),
  PluginCreate: never('POST /plugins/create'),
  GetPluginPrivileges: never('GET /plugins/privileges'),
  PluginPull: never('POST /plugins/pull'),
  PluginDelete: never('DELETE /plugins/{name}'),
  PluginDisable: never('POST /plugins/{name}/disable'),
  PluginEnable: never('POST /plugins/{name}/enable'),
  PluginInspect: never('GET /plugins/{name}/json'),
  PluginPush: never('POST /plugins/{name}/push'),
  PluginSet: never('POST /plugins/{name}/set'),
  PluginUpgrade: never('POST /plugins/{name}/upgrade'),
  SecretList: never('GET /secrets'),
  SecretCreate: never('POST /secrets/create'),
  SecretDelete: never('DELETE /secrets/{id}'),
  SecretInspect: never('GET /secrets/{id}'),
  SecretUpdate: never('POST /secrets/{id}/update'),
  ServiceList: never('GET /services'),
  ServiceCreate: never('POST /services/create'),
  ServiceDelete: never('DELETE /services/{id}'),
  ServiceInspect: never('GET /services/{id}'),
  ServiceLogs: never('GET /services/{id}/logs'),
  ServiceUpdate: never('POST /services/{id}/update'),
  Session: never('POST /session'),
  SwarmInspect: never('GET /swarm'),
  SwarmInit: never('POST /swarm/init'),
  SwarmJoin: never('POST /swarm/join'),
  SwarmLeave: never('POST /swarm/leave'),
  SwarmUnlock: never('POST /swarm/unlock'),
  SwarmUnlockkey: never('GET /swarm/unlockkey'),
  SwarmUpdate: never('POST /swarm/update'),
  TaskList: never('GET /tasks'),
  TaskInspect: never('GET /tasks/{id}'),
  TaskLogs: never('GET /tasks/{id}/logs'),
} as const satisfies Record<string, OperationRow>

export type OperationId = keyof typeof OPERATIONS

/** The kind of target of one operation, for typing its Grant. */
export type TargetKindOf<Op extends OperationId> = (typeof OPERATIONS)[Op]['target']

/** Every permission that some operation needs; roles and tokens are lists of these. */
export type Permission = Exclude<(typeof OPERATIONS)[OperationId]['permission'], 'none'> | ExtraPermission

/** Not the key to an operation, but to a part of its answer. */
export const EXTRA_PERMISSIONS = ['containers.env'] as const
export type ExtraPermission = (typeof EXTRA_PERMISSIONS)[number]

/** All permissions, sorted. */
export const PERMISSIONS: readonly Permission[] = [
  ...new Set<Permission>([
    ...EXTRA_PERMISSIONS,
    ...Object.values(OPERATIONS)
      .map((r) => r.permission)
      .filter((p) => p !== 'none'),
  ]),
].sort()

export function isOperation(id: string): id is OperationId {
  return Object.hasOwn(OPERATIONS, id)
}

export function isPermission(name: string): name is Permission {
  return (PERMISSIONS as readonly string[]).includes(name)
}

/** The row of an operation, in its general type. */
export function operation(id: OperationId): OperationRow {
  return OPERATIONS[id]
}
