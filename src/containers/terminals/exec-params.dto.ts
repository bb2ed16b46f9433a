import { ApiProperty } from '@nestjs/swagger'
import { ArrayMaxSize, ArrayMinSize, IsArray, IsBoolean, IsString, Matches, MaxLength, ValidateBy } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { posix } from 'node:path'
import { NewSession, OnlyNew, TerminalParams } from './terminal-params.dto.js'

/** Linux ends an argument at 128 KiB; the whole command may not be longer either. */
const COMMAND_BYTES = 131_072
const ENV_BYTES = 65_536
/** Kernel interfaces: a working directory in there turns relative paths into them. */
const KERNEL = /^\/(proc|sys|dev)(\/|$)/

/** Params of `container.exec`. */
export class ExecParams extends TerminalParams {
  /** Program and arguments, at most 128 KiB together; no shell in between. */
  @NewSession()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1_024)
  @IsString({ each: true })
  @IsCommand()
  command!: string[]

  /** A terminal; without it stdout and stderr come apart. */
  @Optional()
  @OnlyNew()
  @IsBoolean()
  tty?: boolean

  /** Added to the container's own environment. */
  @ApiProperty({ selfRequired: false, type: 'object', additionalProperties: { type: 'string' } })
  @Optional()
  @OnlyNew()
  @IsEnvironment()
  env?: Record<string, string>

  /** `user`, `uid`, `user:group` or `uid:gid`; the container's own when left out. */
  @Optional()
  @OnlyNew()
  @Matches(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,31})?$/)
  user?: string

  /** Absolute, and not below /proc, /sys or /dev. */
  @Optional()
  @OnlyNew()
  @IsString()
  @MaxLength(4_096)
  @IsWorkingDirectory()
  workingDir?: string
}

/** Program and arguments. */
export function IsCommand() {
  return rule('isCommand', 'must be texts without NUL, the first not empty, 128 KiB at most together', (value) => {
    if (!Array.isArray(value)) return false
    const parts = value as unknown[]
    if (!parts.every((part) => typeof part === 'string') || parts[0] === '') return false
    return !parts.some((part) => part.includes('\0')) && parts.reduce((sum, part) => sum + Buffer.byteLength(part), 0) <= COMMAND_BYTES
  })
}

/** Names and values. */
export function IsEnvironment() {
  return rule('isEnvironment', 'must be an object of names to texts, 64 KiB at most together', (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
    const entries = Object.entries(value as Record<string, unknown>)
    const valid = entries.every(
      ([name, text]) => /^[A-Za-z_][A-Za-z0-9_.-]{0,255}$/.test(name) && typeof text === 'string' && !text.includes('\0'),
    )
    return valid && entries.reduce((sum, [name, text]) => sum + name.length + Buffer.byteLength(text as string), 0) <= ENV_BYTES
  })
}

/** Not in a kernel interface. */
export function IsWorkingDirectory() {
  return rule('isWorkingDirectory', 'must be an absolute path that is not below /proc, /sys or /dev', (value) => {
    if (typeof value !== 'string' || !value.startsWith('/') || value.includes('\0')) return false
    return !KERNEL.test(posix.normalize(value).replace(/^\/+/, '/'))
  })
}

function rule(name: string, message: string, validate: (value: unknown) => boolean): PropertyDecorator {
  return ValidateBy({ name, validator: { validate, defaultMessage: () => message } })
}
