/** A part of an image on the disk; what has the same key in two images is there once. */
export interface ImagePiece {
  readonly key: string
  /** Bytes. */
  readonly size: number
}

/** The port through which others learn what images take on the disk; the images module provides it. */
export abstract class ImageSpace {
  /** By content id; what the engine lost is left out. @throws AppError engine errors */
  abstract pieces(contentIds: Iterable<string>): Promise<ReadonlyMap<string, readonly ImagePiece[]>>
}
