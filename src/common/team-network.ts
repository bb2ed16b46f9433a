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

/** The port through which other parts get the networks of a team; the networks module provides it. */
export abstract class TeamNetworks {
  /**
   * The team's default network, made if there is none: the first time, and again if it was removed beside the gateway.
   * @throws AppError NETWORK_POOL_EXHAUSTED, NOT_FOUND of a team that was deleted, engine errors
   */
  abstract defaultFor(team: NetworkOwner): Promise<TeamNetwork>
  /** Removes the default network of a team that was deleted; never throws: what can't be removed now goes later. */
  abstract release(team: NetworkOwner): Promise<void>
}
