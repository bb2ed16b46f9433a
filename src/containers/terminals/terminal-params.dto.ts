import { IsIn, IsInt, IsString, IsUUID, Max, MaxLength, Min, ValidateBy, ValidateIf, type ValidationArguments } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { keyBytes } from './attach-keys.js'
import type { TerminalShare } from './terminal-sessions.js'
import type { TerminalRole } from './terminal-session.js'

/** What `container.exec` and `container.attach` have in common: a new session in a container, or one that lives. */
export class TerminalParams {
  /** Name, full id or unique id prefix. */
  @NewSession()
  @IsString()
  @MaxLength(64)
  container!: string

  /** Name or id of the team; may be left out where the reference is not ambiguous. */
  @Optional()
  @OnlyNew()
  @IsString()
  @MaxLength(64)
  team?: string

  /** In place of the container: a session that lives, from the ack of its opening or from GET /terminal-sessions. */
  @Optional()
  @IsUUID()
  session?: string

  /** With a session: bytes of output that the reader has; the oldest that is kept when left out. */
  @Optional()
  @OnlyJoin()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  cursor?: number

  /** With a session: its owner comes back as owner, others as observer, unless they ask for peer and may type then. */
  @Optional()
  @OnlyJoin()
  @IsIn(['owner', 'peer', 'observer'])
  role?: TerminalRole

  /** Who else may join: of those who may open such a session in this container, as observers, as peers (the default), or nobody. */
  @Optional()
  @OnlyNew()
  @IsIn(['none', 'observers', 'peers'])
  share?: TerminalShare

  /** Height of the terminal. */
  @Optional()
  @OnlyNew()
  @IsInt()
  @Min(1)
  @Max(1_000)
  rows?: number

  /** Width of the terminal. */
  @Optional()
  @OnlyNew()
  @IsInt()
  @Min(1)
  @Max(1_000)
  cols?: number

  /** Keys that leave a terminal and let it run on: `ctrl-p,ctrl-q` when left out. */
  @Optional()
  @IsKeys()
  detachKeys?: string
}

/** Required, unless a session that lives is named. */
export function NewSession(): PropertyDecorator {
  const isNew = (params: object, value: unknown): boolean => value !== undefined || !('session' in params) || params.session === undefined
  return (target, property) => {
    ValidateIf(isNew)(target, property)
    OnlyNew()(target, property)
  }
}

/** Says nothing about a session that lives already. */
export function OnlyNew(): PropertyDecorator {
  return rule('onlyNew', 'is not for a session that lives: leave it out beside session', ({ object }) => !hasSession(object))
}

function OnlyJoin(): PropertyDecorator {
  return rule('onlyJoin', 'is for a session that lives: name it by session', ({ object }) => hasSession(object))
}

/** Keys as the docker CLI writes them. */
function IsKeys(): PropertyDecorator {
  const message = 'must be keys with commas between them, such as ctrl-p,ctrl-q'
  return rule('isKeys', message, ({ value }) => typeof value === 'string' && value.length <= 200 && keyBytes(value) !== null)
}

function hasSession(params: object): boolean {
  return (params as { session?: unknown }).session !== undefined
}

function rule(name: string, message: string, holds: (args: ValidationArguments) => boolean): PropertyDecorator {
  const validator = {
    validate: (_: unknown, args?: ValidationArguments) => args !== undefined && holds(args),
    defaultMessage: () => message,
  }
  return ValidateBy({ name, validator })
}
