/**
 * What a team may show to one registry, as the engine takes it in X-Registry-Auth: base64url WITH its padding, or the engine
 * reads nothing, says nothing and goes on as a stranger (measured on 20.10).
 */
export interface RegistryCredential {
  /** Empty beside a token. */
  readonly username: string
  readonly password: string
  /** Host and port as references spell it: `registry.example:5000`. */
  readonly serverAddress: string
  /** In the place of the password where another host makes the tokens: the engine sends it on and asks no realm (`registrytoken`). */
  readonly registryToken?: string
}

/** What the engine is about to do there. */
export interface RegistryUse {
  /** Without the host: `team/app`. */
  readonly repository: string
  readonly action: 'pull' | 'push'
}

/** The port through which images are pulled and pushed with the credentials of a team; the registry module provides it. */
export abstract class RegistryAccess {
  /**
   * The team's credential for exactly this registry (host and port of a normalised reference), or null where it has none:
   * then the registry is asked as a stranger. Asked anew before each use, never kept.
   * @throws AppError REGISTRY_… where the registry would have it sent elsewhere, or does not answer
   */
  abstract credentialFor(teamId: string, registry: string, use: RegistryUse): Promise<RegistryCredential | null>
}
