/** When an image is looked for at its registry: only if the team has none of that reference, each time, or never. */
export const PULL_POLICIES = ['missing', 'always', 'never'] as const
export type PullPolicy = (typeof PULL_POLICIES)[number]

/** An image that somebody wants to use, in the name of one team. */
export interface ImageWanted {
  readonly team: { readonly id: string; readonly name: string }
  /** As the client wrote it: a reference, a digest, or `sha256:` and the id. */
  readonly reference: string
  readonly policy: PullPolicy
  readonly requestId: string
  /** Who asks: becomes the creator of a new reference. */
  readonly userId: string
  /** Ends a pull that it waits for. */
  readonly signal?: AbortSignal
}

/** Content that is on the engine and that the team may use. */
export interface ImageAvailable {
  /** `sha256:…`, the only thing that a container is created by. */
  readonly contentId: string
  /** The normalised reference that it was found by; the id where it was named by its id. */
  readonly reference: string
  /** It had to be got first, which may have taken long. */
  readonly pulled: boolean
}

/**
 * The port through which other parts get an image for a team: its own reference first, then the read-only library, then a
 * pull. The images module provides it, and containers need nothing else of that module.
 */
export abstract class ImageSource {
  /**
   * @throws AppError INVALID_REFERENCE; IMAGE_NOT_PRESENT when the policy is `never` (or an id is not the team's);
   * PULL_FAILED and whatever the engine says.
   */
  abstract ensure(wanted: ImageWanted): Promise<ImageAvailable>
}
