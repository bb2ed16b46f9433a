import { ArrayMaxSize, IsArray, IsBoolean, IsString, MaxLength, MinLength } from 'class-validator'
import { Optional } from '../../common/optional.js'

export class CommitContainerBody {
  /** What the image is to be called: a name and a tag. */
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  reference!: string

  /** What was done, for the image's history. */
  @Optional()
  @IsString()
  @MaxLength(2048)
  message?: string

  /** Who did it: `Jo Doe <jo@example.org>`. */
  @Optional()
  @IsString()
  @MaxLength(256)
  author?: string

  /** CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, USER, WORKDIR and VOLUME lines of a Dockerfile. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(64)
  @IsString({ each: true })
  @MaxLength(4096, { each: true })
  changes?: string[]

  /** Pause the container for the moment, so that no file is taken half written; `true` without it. */
  @Optional()
  @IsBoolean()
  pause?: boolean
}
