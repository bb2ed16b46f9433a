import { ApiPropertyOptional } from '@nestjs/swagger'
import { Transform } from 'class-transformer'
import { ArrayMaxSize, ArrayMinSize, IsArray, IsInt, IsString, Matches, Max, MaxLength, Min } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { IsCommand, IsEnvironment, IsWorkingDirectory } from '../terminals/exec-params.dto.js'

/** `KEY=VALUE` texts, as a creation takes them, in the place of an object. */
const fromList = Transform(({ value }: { value: unknown }) => {
  if (!Array.isArray(value) || !value.every((each) => typeof each === 'string' && each.includes('='))) return value
  return Object.fromEntries((value as string[]).map((each) => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]))
})

/** A command to run in a container. */
export class ExecBody {
  /** Program and arguments, at most 128 KiB together; no shell in between. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1_024)
  @IsString({ each: true })
  @IsCommand()
  command!: string[]

  /** Added to the container's own environment. */
  @ApiPropertyOptional({
    oneOf: [
      { type: 'object', additionalProperties: { type: 'string' } },
      { type: 'array', items: { type: 'string', description: 'KEY=VALUE' } },
    ],
  })
  @fromList
  @Optional()
  @IsEnvironment()
  env?: Record<string, string>

  /** `user`, `uid`, `user:group` or `uid:gid`; the container's own when left out. */
  @Optional()
  @Matches(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,31})?$/)
  user?: string

  /** Absolute, and not below /proc, /sys or /dev. */
  @Optional()
  @IsString()
  @MaxLength(4_096)
  @IsWorkingDirectory()
  workingDir?: string

  /** Seconds until it is ended; 60 when left out. */
  @Optional()
  @IsInt()
  @Min(1)
  @Max(3_600)
  timeout?: number
}
