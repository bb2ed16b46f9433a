import { IsString, MaxLength, MinLength } from 'class-validator'
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

  /** Registry whose credentials to use. Not offered yet. */
  @Optional()
  @IsString()
  @MaxLength(64)
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
