import { ApiProperty } from '@nestjs/swagger'
import { PageQuery } from '../../common/page.dto.js'

const KINDS = ['image', 'index'] as const

export class ListRepositoriesQuery extends PageQuery {}
export class ListTagsQuery extends PageQuery {}

export class Repository {
  /** `team/app` */
  name!: string
  /** How image references begin that mean it: `registry.example:5000/team/app`. */
  reference!: string
}

export class RepositoryPage {
  @ApiProperty({ type: [Repository] })
  items!: Repository[]
  /** For the next page; null on the last. The registry decides the order and how many there are. */
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}

export class RepositoryTag {
  name!: string
  /** The whole image reference: `registry.example:5000/team/app:1`. */
  reference!: string
}

export class RepositoryTagPage {
  /** By name. */
  @ApiProperty({ type: [RepositoryTag] })
  items!: RepositoryTag[]
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}

/** A piece of content, by its digest. */
export class Content {
  /** `sha256:…` */
  digest!: string
  mediaType!: string
  /** Bytes, as they are in the registry. */
  @ApiProperty({ type: 'integer' })
  size!: number
}

export class PlatformManifest extends Content {
  /** `linux/amd64`, `linux/arm64/v8`; null for what is no image, such as an attestation. */
  @ApiProperty({ type: String, nullable: true })
  platform!: string | null
}

/** What a tag or digest stands for: one image, or an index of images for several platforms. */
export class Manifest extends Content {
  @ApiProperty({ enum: KINDS, enumName: 'ManifestKind' })
  kind!: (typeof KINDS)[number]
  /** `registry.example:5000/team/app@sha256:…` */
  reference!: string
  /** Of an image; null of an index. */
  @ApiProperty({ type: Content, nullable: true })
  config!: Content | null
  /** Of an image, the lowest first. */
  @ApiProperty({ type: [Content] })
  layers!: Content[]
  /** Of an index. */
  @ApiProperty({ type: [PlatformManifest] })
  manifests!: PlatformManifest[]
  /** Bytes of an image with its layers; of an index that of its manifests alone. */
  @ApiProperty({ type: 'integer' })
  totalSize!: number
}

/** What was deleted. A registry deletes manifests, so all tags on one go together. */
export class ManifestDeletion {
  digest!: string
  /** Every tag that went with it, the one that was asked for among them. */
  @ApiProperty({ type: [String] })
  tags!: string[]
  /** False: the repository has too many tags to look at each, so more may have gone. */
  complete!: boolean
}
