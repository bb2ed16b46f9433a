import { ApiProperty } from '@nestjs/swagger'

/** What a command did. */
export class ExecResult {
  /** Null: it was ended by the timeout, or closed its output and runs on. */
  @ApiProperty({ type: 'integer', nullable: true })
  exitCode!: number | null
  /** As UTF-8; at most the first 1 MiB. */
  stdout!: string
  /** As UTF-8; at most the first 1 MiB. */
  stderr!: string
  /** There was more output than is shown. */
  truncated!: boolean
  /** It was ended, since it took longer than its timeout. */
  timedOut!: boolean
}
