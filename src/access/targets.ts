import type { OwnedKind } from '../store/schema.js'
import type { OperationId, TargetKind, TargetKindOf } from './operations.js'
import type { TeamRef } from './principal.js'

/** A container, volume or network, resolved once and pinned to its full engine id. */
export interface OwnedTarget<K extends OwnedKind> {
  readonly kind: K
  /** Null for what belongs to no team, which only administrators reach. */
  readonly team: TeamRef | null
  readonly uid: string | null
  /** As the team calls it. */
  readonly name: string
  /** 64 hex digits; a volume's engine name. The only thing that may go into an engine path. */
  readonly engineId: string
}

/** An image as one team sees it. */
export interface ImageTarget {
  readonly kind: 'image'
  readonly team: TeamRef
  /** Normalised reference that it was found by; null when it was named by its id. */
  readonly reference: string | null
  /** `sha256:…` of the engine's image. */
  readonly contentId: string
  /** From the read-only library, not the team's own. */
  readonly library: boolean
}

export interface ScopeTarget {
  readonly kind: 'scope'
  /** The teams in which the caller holds the operation's permission, after `?team=`. */
  readonly teams: readonly TeamRef[]
}

export interface TeamTarget {
  readonly kind: 'team' | 'teamEntity'
  readonly team: TeamRef
}

export interface JobTarget {
  readonly kind: 'job'
  readonly id: string
  readonly team: TeamRef | null
}

export interface RegistryTarget {
  readonly kind: 'registry'
  readonly id: string
  readonly team: TeamRef
  /** For the audit log: `company (registry.example:5000)`, and what in it. */
  readonly title: string
}

/** A program's account, which belongs to one team. */
export interface ServiceAccountTarget {
  readonly kind: 'serviceAccount'
  readonly id: string
  /** For the audit log. */
  readonly name: string
  readonly team: TeamRef
}

export interface WebhookTarget {
  readonly kind: 'webhook'
  readonly id: string
  readonly team: TeamRef
}

export interface TerminalTarget {
  readonly kind: 'terminal'
  readonly id: string
  readonly team: TeamRef
}

export interface UserTarget {
  readonly kind: 'user'
  readonly id: string
  /** For the audit log. */
  readonly name: string
}

export interface PlainTarget<K extends 'public' | 'self' | 'host'> {
  readonly kind: K
}

interface TargetByKind {
  public: PlainTarget<'public'>
  self: PlainTarget<'self'>
  host: PlainTarget<'host'>
  scope: ScopeTarget
  team: TeamTarget
  teamEntity: TeamTarget
  user: UserTarget
  serviceAccount: ServiceAccountTarget
  container: OwnedTarget<'container'>
  volume: OwnedTarget<'volume'>
  network: OwnedTarget<'network'>
  image: ImageTarget
  job: JobTarget
  registry: RegistryTarget
  terminal: TerminalTarget
  webhook: WebhookTarget
}

export type TargetFor<K extends TargetKind> = TargetByKind[K]
export type Target = TargetByKind[TargetKind]
export type TargetOf<Op extends OperationId> = TargetByKind[TargetKindOf<Op>]
