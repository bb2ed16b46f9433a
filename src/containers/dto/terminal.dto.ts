import { ApiProperty } from '@nestjs/swagger'
import { IsBoolean } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { PageQuery } from '../../common/page.dto.js'
import { flag } from './fields.js'

export const TERMINAL_KINDS = ['exec', 'attach'] as const
export const TERMINAL_ROLES = ['owner', 'peer', 'observer'] as const

export class ListTerminalsQuery extends PageQuery {
  /** Those that have ended and were recorded, in place of those that live. */
  @flag
  @Optional()
  @IsBoolean()
  ended?: boolean
}

/** Somebody at a terminal session. */
export class TerminalParticipantView {
  username!: string
  @ApiProperty({ enum: TERMINAL_ROLES, enumName: 'TerminalRole' })
  role!: (typeof TERMINAL_ROLES)[number]
}

/** The container of a terminal session. */
export class TerminalContainer {
  /** Full id. */
  id!: string
  name!: string
}

/** An exec or attach session. */
export class TerminalSessionView {
  /** For `session` in the params of `container.exec` or `container.attach`. */
  id!: string
  @ApiProperty({ enum: TERMINAL_KINDS, enumName: 'TerminalKind' })
  kind!: (typeof TERMINAL_KINDS)[number]
  container!: TerminalContainer
  team!: string
  /** User name of its owner. */
  owner!: string
  tty!: boolean
  recorded!: boolean
  /** Who is there now; null where it lives in another gateway, or has ended. */
  @ApiProperty({ type: [TerminalParticipantView], nullable: true })
  participants!: TerminalParticipantView[] | null
  /** Where it lives: only there it can be joined. */
  gateway!: string
  @ApiProperty({ format: 'date-time' })
  startedAt!: string
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  endedAt!: string | null
  /** `exited`, `closed`, `abandoned`, `revoked`, … */
  @ApiProperty({ type: String, nullable: true })
  endReason!: string | null
  @ApiProperty({ type: Number, nullable: true })
  exitCode!: number | null
}

export class TerminalSessionPage {
  @ApiProperty({ type: [TerminalSessionView] })
  items!: TerminalSessionView[]
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}

/** How the terminals of a team are treated. */
export class TerminalPolicyBody {
  /** Output of every new terminal session is recorded; one that can't be recorded is refused. Input is never recorded. */
  @IsBoolean()
  record!: boolean
}

export class TerminalPolicy {
  record!: boolean
}
