/** What a team may show to one registry. */
export interface RegistryCredential {
  readonly username: string
  readonly password: string
  /** Host and port as references spell it: `registry.example:5000`. */
  readonly serverAddress: string
}

/** The port through which images are pulled and pushed with the credentials of a team; the registry module provides it. */
export abstract class RegistryAccess {
  /**
   * The team's credential for exactly this registry (host and port of a normalised reference), or null where it has none:
   * then the registry is asked as a stranger.
   */
  abstract credentialFor(teamId: string, registry: string): Promise<RegistryCredential | null>
}
