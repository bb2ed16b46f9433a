import { IsBoolean, IsInt, IsString, Max, MaxLength, Min, ValidateBy } from 'class-validator'
import { Optional } from '../common/optional.js'
import { keyBytes } from './attach-keys.js'

/** Params of `container.attach`. */
export class AttachParams {
  /** Name, full id or unique id prefix. */
  @IsString()
  @MaxLength(64)
  container!: string

  /** Name or id of the team; may be left out where the reference is not ambiguous. */
  @Optional()
  @IsString()
  @MaxLength(64)
  team?: string

  /** Also to a container that does not run yet: nothing of its output is missed then. */
  @Optional()
  @IsBoolean()
  beforeStart?: boolean

  /** Height of the terminal. */
  @Optional()
  @IsInt()
  @Min(1)
  @Max(1_000)
  rows?: number

  /** Width of the terminal. */
  @Optional()
  @IsInt()
  @Min(1)
  @Max(1_000)
  cols?: number

  /** Keys that leave a terminal and let it run on: `ctrl-p,ctrl-q` when left out. */
  @Optional()
  @IsKeys()
  detachKeys?: string
}

/** Keys as the docker CLI writes them. */
export function IsKeys(): PropertyDecorator {
  const validate = (value: unknown): boolean => typeof value === 'string' && value.length <= 200 && keyBytes(value) !== null
  const message = 'must be keys with commas between them, such as ctrl-p,ctrl-q'
  return ValidateBy({ name: 'isKeys', validator: { validate, defaultMessage: () => message } })
}
