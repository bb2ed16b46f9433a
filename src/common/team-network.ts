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

/** How a container is on one of its team's networks; enough to put it there again. */
export interface Joined {
  /** As the team calls the network. */
  readonly network: string
  /** What it is called there beside its own name. */
  readonly aliases: readonly string[]
  /** The address that was asked for; null where the engine chose one. */
  readonly ip: string | null
  /** Its own names for others there, as the engine has them; none in what was kept before there were any. */
  readonly links?: readonly string[]
}

/** The port through which other parts get the networks of a team; the networks module provides it. */
export abstract class TeamNetworks {
  /**
   * The team's default network, made if there is none: the first time, and again if it was removed beside the gateway.
   * @throws AppError NETWORK_POOL_EXHAUSTED, NOT_FOUND of a team that was deleted, engine errors
   */
  abstract defaultFor(team: NetworkOwner): Promise<TeamNetwork>

  /** The team's network by name, full id or unique id prefix. @throws AppError INVALID_REQUEST at the pointer, the same for foreign and missing */
  abstract named(team: NetworkOwner, reference: string, pointer: string): Promise<TeamNetwork>

  /** How the container, which is called `name`, is on the team's networks. @throws AppError engine errors */
  abstract joined(member: NetworkMember, name: string): Promise<Joined[]>

  /**
   * Sees to it that the others on these networks reach the container by this name and its further aliases alone. The engine
   * can't change an alias, so it is connected anew; true when that cut connections, since it was running. Safe to be done again.
   * @throws AppError NETWORK_POOL_EXHAUSTED, engine errors
   */
  abstract alias(member: NetworkMember, name: string, joined: readonly Joined[]): Promise<boolean>

  /**
   * Before a start: the container goes to what has the name now of a network that was removed beside the gateway; the default
   * one comes back by itself. @throws as `alias`
   */
  abstract restore(member: NetworkMember, name: string): Promise<void>

  /** Removes the default network of a team that was deleted; never throws: what can't be removed now goes later. */
  abstract release(team: NetworkOwner): Promise<void>
}
