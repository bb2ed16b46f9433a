import { ApiProperty } from '@nestjs/swagger'

/** One image as one team sees it. */
export class ImageSummary {
  /** `sha256:…`, the content. */
  id!: string
  /** The team's references to it, as people write them. */
  references!: string[]
  /** Manifest digests that it was pulled by, as `name@sha256:…`. */
  digests!: string[]
  /** Name of the team; `library` for images that every team may use. */
  team!: string
  /** From the read-only library. */
  library!: boolean
  /** When the image was made; null while the engine has not been looked at. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  createdAt!: string | null
  /** Bytes of all its layers; null while the engine has not been looked at. */
  @ApiProperty({ type: 'integer', nullable: true })
  size!: number | null
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  labels!: Record<string, string>
}

export class ImagePage {
  @ApiProperty({ type: [ImageSummary] })
  items!: ImageSummary[]
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}

/** One environment variable. */
export class ImageEnv {
  name!: string
  /** Null for those who may not read values (permission containers.env). */
  @ApiProperty({ type: String, nullable: true })
  value!: string | null
}

/** What a container of the image gets unless it says otherwise. */
export class ImageConfig {
  cmd!: string[]
  entrypoint!: string[]
  @ApiProperty({ type: [ImageEnv] })
  env!: ImageEnv[]
  /** `80/tcp` */
  exposedPorts!: string[]
  /** Paths that become volumes. */
  volumes!: string[]
  user!: string
  workingDir!: string
  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' } })
  labels!: Record<string, string>
}

/** Everything about one image. */
export class ImageDetails {
  /** `sha256:…`, the content. */
  id!: string
  /** The team's references to it, as people write them. */
  references!: string[]
  /** Manifest digests that it was pulled by, as `name@sha256:…`. */
  digests!: string[]
  /** Name of the team; `library` for images that every team may use. */
  team!: string
  /** From the read-only library. */
  library!: boolean
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  createdAt!: string | null
  /** Bytes of all its layers. */
  @ApiProperty({ type: 'integer' })
  size!: number
  /** `amd64` */
  architecture!: string
  /** `linux` */
  os!: string
  author!: string
  config!: ImageConfig
  /** Digests of the uncompressed layers, lowest first. */
  layers!: string[]
}

/** One step that an image was made by. */
export class ImageHistoryEntry {
  /** Id of the image as it was after this step; `<missing>` where the team has no such image. */
  id!: string
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  createdAt!: string | null
  /** The command, with values masked for those who may not read env values. */
  createdBy!: string
  /** Bytes that this step added. */
  @ApiProperty({ type: 'integer' })
  size!: number
  comment!: string
  /** The team's references to that image. */
  tags!: string[]
}

export class ImageHistory {
  /** Newest step first. */
  @ApiProperty({ type: [ImageHistoryEntry] })
  items!: ImageHistoryEntry[]
}

/** A reference after a tag. */
export class ImageTagged {
  /** The new reference, as people write it. */
  reference!: string
  /** `sha256:…` that it points to. */
  id!: string
}

/** What a removal did, as the team sees it. */
export class ImageRemoval {
  /** References that the team no longer has. */
  untagged!: string[]
  /** Content that the team can no longer use. */
  deleted!: string[]
}

/** One image that a prune took away. */
export class ImagePruned {
  /** Name of the team. */
  team!: string
  /** `sha256:…`, the content that the team can no longer use. */
  id!: string
  /** References that it had, as people write them. */
  untagged!: string[]
}

/** What a prune did. */
export class ImagesPruned {
  @ApiProperty({ type: [ImagePruned] })
  items!: ImagePruned[]
  /** Bytes of the layers that the teams have in no other of their images. */
  @ApiProperty({ type: 'integer' })
  spaceReclaimed!: number
}

/** One image that was found. */
export class ImageSearchItem {
  /** To pull it by: `ubuntu`, `team/app`, `registry.example:5000/app`. */
  name!: string
  description!: string
  @ApiProperty({ type: 'integer' })
  stars!: number
  /** Made by the hub itself. */
  official!: boolean
  /** Host of the registry; `docker.io` is the hub. */
  registry!: string
}

/** Why nothing of one registry is in the result. */
export class ImageSearchFailure {
  /** Name of the team's registry, or `docker.io`. */
  registry!: string
  code!: string
  detail!: string
  hint!: string
}

export class ImageSearchResult {
  /** Of the team's registries first, then of the hub. */
  @ApiProperty({ type: [ImageSearchItem] })
  items!: ImageSearchItem[]
  /** Where it could not be searched. */
  @ApiProperty({ type: [ImageSearchFailure] })
  failed!: ImageSearchFailure[]
}

/** A reference of the library. */
export class LibraryImage {
  /** As people write it. */
  reference!: string
  /** `sha256:…` that it points to. */
  id!: string
}
