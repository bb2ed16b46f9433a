import { Body, Controller, Get, Param, Put, Query, StreamableFile } from '@nestjs/common'
import { ApiOkResponse, ApiParam, ApiProduces, ApiTags } from '@nestjs/swagger'
import type { Readable } from 'node:stream'
import type { Grant } from '../../access/index.js'
import { Granted, Operation } from '../../http/operation.decorator.js'
import { ListTerminalsQuery, TerminalPolicy, TerminalPolicyBody, TerminalSessionPage } from '../dto/terminal.dto.js'
import { Terminals } from './terminals.service.js'

const CAST = 'application/x-asciicast'

/** Exec and attach sessions: who is at which terminal, and what was recorded. */
@ApiTags('terminals')
@Controller('terminal-sessions')
export class TerminalsController {
  constructor(private readonly terminals: Terminals) {}

  @Get()
  @Operation('TerminalSessionList', 'Terminal sessions of your teams, newest first')
  list(@Granted() grant: Grant<'TerminalSessionList'>, @Query() query: ListTerminalsQuery): Promise<TerminalSessionPage> {
    return this.terminals.list(grant, query)
  }

  /** What the terminal showed, as asciicast v2; of a session that lives, what it showed until now. */
  @Get(':id/recording')
  @ApiProduces(CAST)
  @ApiOkResponse({ content: { [CAST]: { schema: { type: 'string' } } } })
  @Operation('TerminalRecording', 'The recording of a terminal session')
  async recording(@Granted() grant: Grant<'TerminalRecording'>, @Param('id') _id: string): Promise<StreamableFile> {
    return fileOf(await this.terminals.recording(grant))
  }
}

/** Whether the terminals of a team are recorded. */
@ApiTags('policy')
@Controller('teams/:team/terminals')
export class TerminalPolicyController {
  constructor(private readonly terminals: Terminals) {}

  @Get()
  @ApiParam({ name: 'team', type: String })
  @Operation('TerminalPolicyInspect', 'Whether the terminals of a team are recorded')
  inspect(@Granted() grant: Grant<'TerminalPolicyInspect'>): Promise<TerminalPolicy> {
    return this.terminals.policy(grant)
  }

  /** Counts for sessions that are opened from now on. */
  @Put()
  @ApiParam({ name: 'team', type: String })
  @Operation('TerminalPolicyPut', 'Decide whether the terminals of a team are recorded')
  put(@Granted() grant: Grant<'TerminalPolicyPut'>, @Body() body: TerminalPolicyBody): Promise<TerminalPolicy> {
    return this.terminals.setPolicy(grant, body)
  }
}

function fileOf({ body, bytes }: { body: Readable; bytes: number }): StreamableFile {
  return new StreamableFile(body, { type: CAST, length: bytes })
}
