/**
 * One example of each offered operation, which must be harmless where it is allowed: a real call where that costs nothing,
 * else one that fails after the decision (`invalid_request` from a field of the wrong type proves that it was passed).
 * An operation without a sample fails the matrix.
 */
import { randomUUID } from 'node:crypto'
import type { OperationId } from '../../src/access/index.js'

export interface Sample {
  /** Path parameters beside the target's own. */
  readonly path?: Readonly<Record<string, string>>
  readonly query?: string
  /** `team` is filled in where the operation makes something in a team. */
  readonly body?: object
  /** Answers, beside 2xx, that also mean: allowed. */
  readonly passes?: readonly string[]
  /** The operation ends what it is asked with or on, so an allowed call gets one of its own. */
  readonly uses?: 'login' | 'user' | 'serviceAccount' | 'registry' | 'webhook'
}

const invalid = (body: object): Sample => ({ body, passes: ['invalid_request'] })
const nothing = { path: { id: randomUUID() }, passes: ['not_found'] } as const satisfies Sample

export const SAMPLES: Readonly<Partial<Record<OperationId, Sample>>> = {
  ContainerList: {},
  ContainerCreate: invalid({ image: 5 }),
  ContainerInspect: {},
  ContainerStart: {},
  ContainerStop: { query: 'timeout=long', passes: ['invalid_request'] },
  ContainerRestart: { query: 'timeout=long', passes: ['invalid_request'] },
  ContainerKill: { query: 'signal=SIGNONE', passes: ['invalid_request'] },
  ContainerRename: invalid({ name: '!' }),
  ContainerDelete: { query: 'force=perhaps', passes: ['invalid_request'] },
  ContainerTop: {},
  ContainerLogs: { query: 'tail=1' },
  TerminalSessionList: {},
  TerminalRecording: { passes: ['recording_elsewhere'] },
  TerminalPolicyInspect: {},
  TerminalPolicyPut: invalid({ record: 'perhaps' }),
  // the table has unpause next, so nothing else meets it paused
  ContainerPause: { passes: ['container_paused'] },
  ContainerUnpause: { passes: ['conflict'] },
  ContainerUpdate: invalid({ resources: { memory: 'much' } }),
  ContainerWait: { query: 'condition=perhaps', passes: ['invalid_request'] },
  ContainerStats: {},
  ContainerExec: { body: { command: ['true'] } },
  ContainerPrune: invalid({ until: 'tomorrow' }),
  ContainerBulk: invalid({ action: 'dance', refs: [] }),
  ContainerChanges: {},
  ContainerExport: {},
  ContainerArchive: { query: 'path=/etc/passwd' },
  ContainerArchiveInfo: { query: 'path=/etc/passwd' },
  PutContainerArchive: { query: 'path=nowhere', passes: ['invalid_request'] },

  ImageList: {},
  ImageInspect: {},
  ImageHistory: {},
  ImageCreate: invalid({ reference: 5 }),
  ImageTag: invalid({ source: 5, target: 5 }),
  ImageLayers: {},
  ImagePush: invalid({ reference: 5 }),
  ImageBuild: { query: 'reference=!', passes: ['invalid_reference', 'team_required'] },
  ImageImport: { query: 'reference=!', passes: ['invalid_reference', 'team_required'] },
  ImageLoad: { query: 'reference=!', passes: ['invalid_reference', 'team_required'] },
  ImageCommit: invalid({ reference: 5 }),
  ImageGet: {},
  ImageGetAll: { query: 'ref=!', passes: ['invalid_reference'] },
  ImagePrune: invalid({ all: 'perhaps' }),
  ImageSearch: { query: 'term=!', passes: ['invalid_request'] },
  ImageDelete: { query: 'force=perhaps', passes: ['invalid_request'] },

  VolumeList: {},
  VolumeCreate: invalid({ name: '!' }),
  VolumeInspect: {},
  // a container mounts it
  VolumeDelete: { passes: ['conflict'] },
  VolumePrune: { query: 'label==', passes: ['invalid_request'] },

  NetworkList: {},
  NetworkCreate: invalid({ name: '!' }),
  NetworkInspect: {},
  // a container is on it
  NetworkDelete: { passes: ['conflict'] },
  NetworkConnect: invalid({ container: 5 }),
  NetworkDisconnect: invalid({ container: 5 }),
  NetworkPrune: { query: 'label==', passes: ['invalid_request'] },

  SystemVersion: {},
  SystemInfo: {},
  SystemCheck: {},
  SystemDataUsage: {},
  SystemEvents: { query: 'limit=1' },

  SetupComplete: invalid({ setupToken: 5 }),
  AuthLogin: invalid({ username: 5 }),
  OidcLogin: { passes: ['oidc_not_configured'] },
  OidcCallback: { query: 'code=x&state=y', passes: ['oidc_refused', 'oidc_not_configured'] },
  AuthRefresh: invalid({ refreshToken: 5 }),
  AuthLogout: { uses: 'login' },
  MeInspect: {},
  MeCanI: { body: { operation: 'MeInspect' } },
  WhoCan: { query: 'operation=MeInspect' },
  MePassword: invalid({ current: 5 }),
  TotpInspect: {},
  TotpEnrol: invalid({ password: 5 }),
  TotpConfirm: invalid({ otp: 5 }),
  TotpDisable: invalid({ password: 5 }),
  SessionList: {},
  SessionDelete: nothing,
  TokenList: {},
  TokenCreate: invalid({ name: 5 }),
  TokenDelete: nothing,

  UserList: {},
  UserCreate: invalid({ username: '!' }),
  UserInspect: {},
  UserUpdate: invalid({ disabled: 'perhaps' }),
  UserDelete: { uses: 'user' },
  UserTotpDelete: { passes: ['conflict'] },
  RoleList: {},
  RoleInspect: { path: { name: 'viewer' } },
  RoleCreate: invalid({ name: '!' }),
  RoleUpdate: { path: { name: 'viewer' }, passes: ['conflict'] },
  RoleDelete: { path: { name: 'viewer' }, passes: ['conflict'] },
  PermissionList: {},
  TeamList: {},
  TeamCreate: invalid({ name: '!' }),
  TeamInspect: {},
  TeamUpdate: invalid({ displayName: 5 }),
  TeamDelete: { passes: ['team_not_empty'] },
  QuotaInspect: {},
  QuotaPut: invalid({ containers: 'many' }),
  MemberList: {},
  MemberPut: { path: { user: 'nobody-at-all' }, ...invalid({ role: 'king' }) },
  MemberDelete: { path: { user: 'nobody-at-all' }, passes: ['not_found'] },

  RegistryList: {},
  RegistryCreate: invalid({ name: '!' }),
  RegistryInspect: {},
  RegistryUpdate: invalid({ name: '!' }),
  RegistryDelete: { uses: 'registry' },
  // the gateway does not reach itself
  RegistryCheck: { passes: ['registry_address_refused'] },
  RepositoryList: { passes: ['registry_address_refused'] },
  RepositoryTags: { path: { name: 'a%2Fb' }, passes: ['registry_address_refused'] },
  ManifestInspect: { path: { name: 'a%2Fb', reference: '1' }, passes: ['registry_address_refused'] },
  ManifestDelete: { path: { name: 'a%2Fb', reference: '1' }, passes: ['registry_address_refused'] },

  ProfileInspect: {},
  ProfilePut: invalid({ profile: 'king' }),
  PolicyCheck: { body: { spec: { image: 'nowhere/nothing:1' } } },
  HostExportList: {},
  HostExportCreate: invalid({ alias: '!' }),
  HostExportDelete: { path: { name: 'nothing-at-all' }, passes: ['not_found'] },
  SeccompProfileList: {},
  SeccompProfileInspect: { path: { name: 'nothing-at-all' }, passes: ['not_found'] },
  SeccompProfilePut: { ...invalid({ defaultAction: 'perhaps' }), path: { name: 'nothing-at-all' } },
  SeccompProfileDelete: { path: { name: 'nothing-at-all' }, passes: ['not_found'] },

  ServiceAccountList: {},
  ServiceAccountCreate: invalid({ name: '!' }),
  ServiceAccountInspect: {},
  ServiceAccountUpdate: invalid({ disabled: 'perhaps' }),
  ServiceAccountDelete: { uses: 'serviceAccount' },
  ServiceTokenList: {},
  ServiceTokenCreate: invalid({ name: 5 }),
  ServiceTokenDelete: { path: { token: randomUUID() }, passes: ['not_found'] },

  WebhookList: {},
  WebhookCreate: invalid({ url: 5 }),
  WebhookDelete: { uses: 'webhook' },

  JobList: {},
  JobInspect: {},
  JobCancel: { passes: ['job_ended'] },

  UnownedList: {},
  OwnershipAssign: invalid({ kind: 'planet' }),
  LibraryPut: { path: { ref: 'nowhere%2Fnothing%3A1' }, ...invalid({ image: 5 }) },
  LibraryDelete: { path: { ref: 'nowhere%2Fnothing%3A1' }, passes: ['not_found'] },
  AuditList: {},
  AuditVerify: {},

  HealthLive: {},
  HealthReady: {},
  Metrics: {},
  OpenApi: {},
}

/** How a stream is opened on the target (for a scope: the team, if any), by the operation that it is decided as; `null`: reached only inside another. */
export const STREAMS: Readonly<Partial<Record<OperationId, ((ref: string | undefined) => { kind: string; params: object }) | null>>> = {
  ContainerLogs: (ref) => ({ kind: 'container.logs', params: { containers: [ref], tail: 1 } }),
  ContainerStats: (ref) => ({ kind: 'container.stats', params: { container: ref } }),
  ContainerTop: (ref) => ({ kind: 'container.top', params: { container: ref } }),
  ContainerAttach: (ref) => ({ kind: 'container.attach', params: { container: ref } }),
  ContainerResize: null,
  ContainerExec: (ref) => ({ kind: 'container.exec', params: { container: ref, command: ['true'] } }),
  ExecStart: null,
  ExecResize: null,
  ExecInspect: null,
  ContainerWatch: (team) => ({ kind: 'containers.watch', params: { team } }),
  SystemEvents: (team) => ({ kind: 'system.events', params: { team } }),
  JobProgress: (job) => ({ kind: 'job.progress', params: { job } }),
}
