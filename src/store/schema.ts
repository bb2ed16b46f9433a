import type { ColumnType, Generated, Selectable } from 'kysely'
import type { FormerExportsTable, FormerPoliciesTable, FormerSeccompTable } from './former-schema.js'
import type { IdempotencyKeysTable } from './idempotency.schema.js'
import type { EventMarksTable, EventsTable, LeasesTable, WebhooksTable } from './events.schema.js'

export type * from './events.schema.js'
export type * from './idempotency.schema.js'

/**
 * The tables, the same on SQLite and PostgreSQL: ids and times are text (UUID, RFC 3339 in UTC with milliseconds, so that
 * text order is time order), flags are 0 or 1, structured values are JSON text. Nothing here is a database's own type.
 */
export interface Schema {
  settings: SettingsTable
  users: UsersTable
  roles: RolesTable
  totp: TotpTable
  quotas: QuotasTable
  container_use: ContainerUseTable
  identities: IdentitiesTable
  teams: TeamsTable & TeamPolicyColumns
  memberships: MembershipsTable
  sessions: SessionsTable
  tokens: TokensTable
  ownership: OwnershipTable
  image_references: ImageReferencesTable
  image_scratch: ImageScratchTable
  jobs: JobsTable
  idempotency_keys: IdempotencyKeysTable
  audit: AuditTable
  audit_chains: AuditChainsTable
  processes: ProcessesTable
  subnets: SubnetsTable
  host_exports: HostExportsTable
  host_export_teams: HostExportTeamsTable
  seccomp_profiles: SeccompProfilesTable
  former_policies: FormerPoliciesTable
  former_exports: FormerExportsTable
  former_seccomp: FormerSeccompTable
  host_ports: HostPortsTable
  renames: RenamesTable
  events: EventsTable
  event_marks: EventMarksTable
  leases: LeasesTable
  webhooks: WebhooksTable
  registries: RegistriesTable
  terminal_sessions: TerminalSessionsTable
  terminal_policies: TerminalPoliciesTable
}

/** Null where an insert does not say it. */
type Nullable = ColumnType<string | null, string | null | undefined, string | null>

/** Keys and one-time values of this installation: signing keys, the hash of the setup token. */
export interface SettingsTable {
  key: string
  value: string
}

export interface UsersTable {
  id: string
  username: string
  display_name: string
  /** PHC string of Argon2id. */
  password_hash: string
  /** Role on the whole host, beside the roles in teams. */
  host_role: string | null
  disabled: number
  created_at: string
  /** Access tokens issued before it are refused (password change). */
  credentials_at: string
  /** `service`: a program's account, which nobody logs in as. */
  kind: 'user' | 'service'
  /** The only team of a service account. */
  team_id: string | null
}

/** What a team may use at most; a team without a row has no limits. */
export interface QuotasTable {
  team_id: string
  /** JSON: numbers by resource. */
  limits: string
}

/** What a container takes of its team's quota; counts while its ownership row holds its name. */
export interface ContainerUseTable {
  /** Of the container's ownership row. */
  uid: string
  memory: number
  nano_cpus: number
  pids: number
  ports: number
  /** 1 from before it is started until it is seen to have stopped. */
  running: number
  /** Until then it counts as running whatever the engine says: it is being started. */
  starting_until: string | null
}

/** The second factor of a user, RFC 6238. */
export interface TotpTable {
  user_id: string
  /** Sealed. */
  secret: string
  /** Null while it is being set up, and not asked for. */
  confirmed_at: string | null
  /** The time step of the last code that was taken: each counts once. */
  last_step: number
  /** JSON list of SHA-256 of the recovery codes that are left. */
  recovery: string
  created_at: string
}

/** A user as an OpenID provider knows them. */
export interface IdentitiesTable {
  issuer: string
  subject: string
  user_id: string
  created_at: string
}

/** Roles that an administrator made, beside the built-in ones. */
export interface RolesTable {
  name: string
  scope: 'team' | 'host'
  display_name: string
  /** JSON list of permissions. */
  permissions: string
  created_at: string
}

export interface TeamsTable {
  id: string
  /** Slug; never changed and never used again, so a deleted team keeps its row. */
  name: string
  display_name: string
  profile: 'restricted' | 'baseline' | 'privileged'
  created_at: string
  deleted_at: string | null
}

/** What only a change of the profile writes. */
export interface TeamPolicyColumns {
  /** End of `privileged`; from then on it counts as baseline. */
  profile_expires_at: Nullable
  /** `2000-2999`: host ports that the team may name; null for any above the host's own. */
  port_range: Nullable
  /** JSON: what an administrator gave the team beside its profile. */
  granted: Nullable
}

export interface MembershipsTable {
  team_id: string
  user_id: string
  role: string
  created_at: string
}

export interface SessionsTable {
  id: string
  user_id: string
  /** SHA-256 of the refresh token that is valid now. */
  refresh_hash: string
  created_at: string
  used_at: string
  expires_at: string
  revoked_at: string | null
  address: string
  user_agent: string
}

export interface TokensTable {
  id: string
  user_id: string
  name: string
  /** SHA-256 of the whole token. */
  hash: string
  /** First characters, to recognise it by. */
  prefix: string
  /** JSON list of permissions; capped by what the owner holds at the time of use. */
  permissions: string
  /** Only in this team, or in all of the owner's. */
  team_id: string | null
  created_at: string
  expires_at: string
  used_at: string | null
}

export type OwnedKind = 'container' | 'volume' | 'network' | 'image' | 'exec' | 'job'

/** Who owns what on the engine. This table is the authority; labels on the engine are only witnesses. */
export interface OwnershipTable {
  /** Our id of the object, also in its `berth.uid` label. */
  uid: string
  kind: OwnedKind
  team_id: string
  /** As the team sees it; on the engine it is `<team>--<name>`. */
  name: string
  /** Full engine id; of a volume its engine name. Null while pending. */
  engine_id: string | null
  /** The engine's creation time, which tells a re-used volume name apart. */
  engine_created: string | null
  /** `label`: the object carries the HMAC. `adopted`: an administrator assigned it. */
  witness: 'label' | 'adopted'
  /** `pending` until the engine has answered; `gone` rows are kept out of every lookup. */
  state: 'pending' | 'live' | 'gone'
  creator_id: string | null
  process_id: string | null
  /** Until then only the process that wrote the pending row may decide about it. */
  lease_until: string | null
  created_at: string
  /** 1 while the row holds its name; null once gone, so that the unique index lets the name be used again. */
  holds_name: number | null
}

/** Team + normalised reference → content. `team_id` is `library` for what every team may read. */
export interface ImageReferencesTable {
  uid: string
  team_id: string
  /** Fully normalised: `docker.io/library/busybox:latest`. */
  reference: string
  /** The engine's image id, `sha256:…`. */
  content_id: string
  /** Manifest digest it was pulled by, or null. */
  digest: string | null
  creator_id: string | null
  created_at: string
}

/** A public reference on the engine that a transfer uses for a while. */
export interface ImageScratchTable {
  /** `name:tag` or `name@sha256:…`, normalised. */
  reference: string
  /** A tag has one holder at a time, `tag`; a digest has one for each process that uses it. */
  holder: string
  process_id: string
  /** What the host's operator had there before: to be put back. */
  restore_id: string | null
  created_at: string
}

export interface JobsTable {
  id: string
  kind: string
  operation: string
  team_id: string | null
  creator_id: string
  state: 'running' | 'succeeded' | 'failed' | 'canceled' | 'interrupted'
  /** JSON: what it works on, e.g. the reference. */
  subject: string
  /** JSON: the latest progress record of each layer or step. */
  progress: string
  /** JSON or null. */
  result: string | null
  /** JSON problem details or null. */
  error: string | null
  request_id: string
  process_id: string
  created_at: string
  ended_at: string | null
}

/** Append-only: rows are never changed. */
export interface AuditTable {
  seq: Generated<number>
  at: string
  /** The gateway process that wrote it, which is its chain: only a dead one's unfinished intents may be closed. */
  process_id: string
  /** 1, 2, 3 … in the chain. */
  chain_seq: number
  /** Hash of the record before it in the chain; see common/audit-chain.ts. */
  previous: string
  hash: string
  phase: 'intent' | 'outcome' | 'denied' | 'opened'
  request_id: string
  operation: string
  principal_id: string | null
  principal_name: string
  /** Session or token that it came with. */
  credential: string
  team: string | null
  target_kind: string
  target: string | null
  as_admin: number
  /** `ok`, `accepted`, `unknown` or the error code. */
  result: string
  address: string
}

/** The two ends of a process's chain of audit records. */
export interface AuditChainsTable {
  writer: string
  created_at: string
  /** JSON list of the heads of other chains that it was opened after. */
  parents: string
  /** First record that is kept, and the hash before it; the genesis until retention removes records. */
  first_seq: number
  base: string
  /** 0 before the first record. */
  last_seq: number
  head: string
}

export interface ProcessesTable {
  id: string
  started_at: string
  heartbeat_at: string
}

/** The range of a network; counts while the network's ownership row holds its name. */
export interface SubnetsTable {
  /** `10.201.0.0/24` */
  subnet: string
  /** Of the network's ownership row. */
  uid: string
  created_at: string
}

/** Containers whose name and aliases on the engine may not be those of their ownership row yet. */
export interface RenamesTable {
  /** Of the container's ownership row. */
  uid: string
  /** JSON list: how it was on which of the team's networks, since half-way it may be on none. */
  networks: string
  created_at: string
}

/** A folder of the host that an administrator opened to teams, by an alias. */
export interface HostExportsTable {
  alias: string
  /** Canonical, on the host. */
  path: string
  read_only: number
  created_at: string
}

export interface HostExportTeamsTable {
  alias: string
  team_id: string
}

/** A seccomp profile that an administrator named. */
export interface SeccompProfilesTable {
  name: string
  /** JSON in the engine's words. */
  content: string
  created_at: string
  updated_at: string
}

/** A registry as one team knows it, with its credential. */
export interface RegistriesTable {
  id: string
  team_id: string
  name: string
  /** `https://registry.example:5000`, without a path. */
  url: string
  /** As references spell it: `registry.example:5000`. */
  address: string
  username: string | null
  /** Sealed by store/secret-box.ts. */
  password: string | null
  /** Host (and port) that may be given the credential for a token, where that is not the registry itself. */
  token_host: string | null
  /** PEM, where the registry's certificate is signed by nobody known. */
  ca_certificate: string | null
  /** What became of the credential when it was saved. */
  login: 'verified' | 'not_required' | 'none'
  creator_id: string | null
  created_at: string
  updated_at: string
}

/** An exec or attach session that lives, or that ended and was recorded. */
export interface TerminalSessionsTable {
  id: string
  kind: 'exec' | 'attach'
  /** Full engine id. */
  container_id: string
  /** Its name in the team. */
  container: string
  team_id: string | null
  owner_id: string
  owner: string
  /** Gateway process that it lives in. */
  process_id: string
  /** Where that is, for people: `host:port`. */
  gateway: string
  tty: number
  /** Id, mark and user of an exec, so that its process can be ended after a crash of the gateway. */
  exec: string | null
  marker: string | null
  run_as: string | null
  recorded: number
  started_at: string
  ended_at: string | null
  end_reason: string | null
  exit_code: number | null
}

export interface TerminalPoliciesTable {
  team_id: string
  /** Terminals of the team are recorded. */
  record: number
}

export type TerminalSessionRow = Selectable<TerminalSessionsTable>
export type RegistryRow = Selectable<RegistriesTable>
/** A host port of a container; counts while the container's ownership row holds its name. */
export interface HostPortsTable {
  ip: string
  port: number
  protocol: string
  /** Of the container's ownership row. */
  uid: string
  created_at: string
}

export type HostExportRow = Selectable<HostExportsTable>
export type SeccompProfileRow = Selectable<SeccompProfilesTable>
export type OwnershipRow = Selectable<OwnershipTable>
export type RenameRow = Selectable<RenamesTable>
export type ImageReferenceRow = Selectable<ImageReferencesTable>
export type TotpRow = Selectable<TotpTable>
export type ImageScratchRow = Selectable<ImageScratchTable>
export type RoleRow = Selectable<RolesTable>
export type UserRow = Selectable<UsersTable>
/** What of a team's row says what it may make. */
export type TeamPolicyRow = Selectable<TeamPolicyColumns> & Pick<TeamsTable, 'profile'>
export type TeamRow = Selectable<TeamsTable & TeamPolicyColumns>
export type SessionRow = Selectable<SessionsTable>
export type TokenRow = Selectable<TokensTable>
export type JobRow = Selectable<JobsTable>
export type AuditRow = Selectable<AuditTable>
export type AuditChainRow = Selectable<AuditChainsTable>
