/** What every team calls the network that its containers are on; it comes by itself, and goes with the team. */
export const DEFAULT_NETWORK = 'default'

/** A network that a team may use. */
export interface TeamNetwork {
  /** How the engine calls it; never shown. */
  readonly engineName: string
  readonly engineId: string
  /** As the team calls it. */
  readonly name: string
}

/** Whose network. */
export interface NetworkOwner {
  readonly id: string
  readonly name: string
}

/** A container on networks of its team. */
export interface NetworkMember {
  readonly team: NetworkOwner
  readonly engineId: string
}

/** The port through which other parts get the networks of a team; the networks module provides it. */
export abstract class TeamNetworks {
  /**
   * The team's default network, made if there is none: the first time, and again if it was removed beside the gateway.
   * @throws AppError NETWORK_POOL_EXHAUSTED, NOT_FOUND of a team that was deleted, engine errors
   */
  abstract defaultFor(team: NetworkOwner): Promise<TeamNetwork>

  /** Names of the team's networks that the container is on. */
  abstract joined(member: NetworkMember): Promise<string[]>

  /**
   * Sees to it that the others on these networks reach the container by this name alone. The engine can't change an alias,
   * so it is connected anew; true when that cut connections, since it was running. Safe to be done again.
   * @throws AppError NETWORK_POOL_EXHAUSTED, engine errors
   */
  abstract alias(member: NetworkMember, name: string, networks: readonly string[]): Promise<boolean>

  /** Before a start: a network that was removed beside the gateway comes back, and the container to it. @throws as `alias` */
  abstract restore(member: NetworkMember, name: string): Promise<void>

  /** Removes the default network of a team that was deleted; never throws: what can't be removed now goes later. */
  abstract release(team: NetworkOwner): Promise<void>
}
