/** A named volume that somebody wants to mount, in the name of one team. */
export interface VolumeWanted {
  readonly team: { readonly id: string; readonly name: string }
  /** As the team calls it. */
  readonly name: string
  /** Who asks: becomes the creator of a new one. */
  readonly userId: string
}

export interface VolumeAvailable {
  /** How the engine calls it; never shown. */
  readonly engineName: string
  /** It did not exist before. */
  readonly made: boolean
}

/** The port through which containers get the volumes of their team; the volumes module provides it. */
export abstract class VolumeSource {
  /** The team's volume of that name, made if there is none. @throws AppError NAME_IN_USE, engine errors */
  abstract ensure(wanted: VolumeWanted): Promise<VolumeAvailable>
  /** Takes back what `ensure` made for something that then failed; never throws. */
  abstract discard(engineNames: readonly string[]): Promise<void>
}
