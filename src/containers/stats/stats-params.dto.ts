import { IsInt, IsString, Max, MaxLength, Min } from 'class-validator'
import { Optional } from '../../common/optional.js'

/** Params of `container.stats` and `container.top`. */
export class SampleParams {
  /** Name, full id or unique id prefix. */
  @IsString()
  @MaxLength(64)
  container!: string

  /** Name or id of the team; may be left out where the reference is not ambiguous. */
  @Optional()
  @IsString()
  @MaxLength(64)
  team?: string

  /** Seconds between two samples. */
  @Optional()
  @IsInt()
  @Min(1)
  @Max(3_600)
  interval?: number
}
