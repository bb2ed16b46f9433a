import { ApiProperty } from '@nestjs/swagger'

/** Another image that has the same layer. */
export class LayerSharer {
  /** `sha256:…`, the content. */
  id!: string
  /** The team's references to it, as people write them. */
  references!: string[]
  /** Name of the team; `library` for images that every team may use. */
  team!: string
}

/** One layer of an image. */
export class ImageLayer {
  /** Of the uncompressed layer. */
  digest!: string
  /** Bytes; null where the image's history does not tell them. */
  @ApiProperty({ type: 'integer', nullable: true })
  size!: number | null
  /** The step that made it, with values masked for those who may not read env values. */
  @ApiProperty({ type: String, nullable: true })
  createdBy!: string | null
  /** How many other images of the team and of the library have it at the same place. */
  @ApiProperty({ type: 'integer' })
  sharers!: number
  /** These images, the first hundred. */
  @ApiProperty({ type: [LayerSharer] })
  sharedBy!: LayerSharer[]
}

/** What an image is made of, and what of that others are made of too. */
export class ImageLayerList {
  /** Lowest first. */
  @ApiProperty({ type: [ImageLayer] })
  items!: ImageLayer[]
  /** Bytes of all layers. */
  @ApiProperty({ type: 'integer' })
  size!: number
  /** Bytes of the layers that other images of yours have too. */
  @ApiProperty({ type: 'integer' })
  sharedSize!: number
  /** Bytes that these images would need more on the disk if each kept the layers for itself. */
  @ApiProperty({ type: 'integer' })
  savedSize!: number
}
