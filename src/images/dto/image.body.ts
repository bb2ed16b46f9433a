import { ArrayMaxSize, IsArray, IsBoolean, IsRFC3339, IsString, Matches, MaxLength, MinLength } from 'class-validator'
import { Optional } from '../../common/optional.js'

export class PullImageBody {
  /** What to pull: `busybox`, `registry:5000/name:tag`, `name@sha256:…`. */
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  reference!: string

  /** Name or id of the team that gets it; may be left out by a member of one team. */
  @Optional()
  @IsString()
  @MaxLength(64)
  team?: string

  /** Host and port of the registry whose credentials to use: always that of the reference, so it need not be given. */
  @Optional()
  @IsString()
  @MaxLength(255)
  registry?: string
}

export class PushImageBody {
  /** A reference that the team has, with a tag: `registry:5000/name:tag`. */
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  reference!: string

  /** Name or id of the team; may be left out by a member of one team. */
  @Optional()
  @IsString()
  @MaxLength(64)
  team?: string

  /** Host and port of the registry whose credentials to use: always that of the reference, so it need not be given. */
  @Optional()
  @IsString()
  @MaxLength(255)
  registry?: string
}

export class TagImageBody {
  /** A reference or `sha256:` id that the team has, or one of the library. */
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  source!: string

  /** The new reference. */
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  target!: string

  /** Name or id of the team; may be left out by a member of one team. */
  @Optional()
  @IsString()
  @MaxLength(64)
  team?: string
}

export class PutLibraryBody {
  /** The image on the engine, by its reference there or its `sha256:` id; without it the one that has this very reference. */
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  image?: string
}

export class PruneImagesBody {
  /** All that no container of the team uses; without it those that have no reference any more. */
  @Optional()
  @IsBoolean()
  all?: boolean

  /** Only what was made before this time. */
  @Optional()
  @IsRFC3339()
  until?: string

  /** Only with all of these labels: `key` or `key=value`. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(64)
  @IsString({ each: true })
  @MaxLength(1024, { each: true })
  @Matches(/^[^=]/, { each: true, message: 'must be key or key=value' })
  label?: string[]
}
