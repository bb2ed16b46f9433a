import { ApiProperty } from '@nestjs/swagger'
import { Transform } from 'class-transformer'
import { IsBoolean, IsIn, IsISO8601, IsString, MaxLength } from 'class-validator'
import type { ChainedRecord } from '../../common/audit-chain.js'
import { PageQuery } from '../../common/page.dto.js'
import { Optional } from '../../common/optional.js'
import type { AuditRow } from '../../store/schema.js'

const PHASES = ['intent', 'outcome', 'denied', 'opened'] as const
const FORMATS = ['json', 'ndjson'] as const

const Flag = Transform(({ value }: { value: unknown }) => (value === 'true' ? true : value === 'false' ? false : value))

export class AuditListQuery extends PageQuery {
  /** Only this operation: `ContainerCreate`. */
  @Optional()
  @IsString()
  @MaxLength(64)
  operation?: string

  /** Only what this user did. */
  @Optional()
  @IsString()
  @MaxLength(64)
  principal?: string

  /** Only what concerned the team of this name. */
  @Optional()
  @IsString()
  @MaxLength(64)
  teamName?: string

  /** Only what was done to objects of this kind: `container`. */
  @Optional()
  @IsString()
  @MaxLength(32)
  targetKind?: string

  /** Only what belongs to this request. */
  @Optional()
  @IsString()
  @MaxLength(64)
  requestId?: string

  @Optional()
  @IsIn(PHASES)
  @ApiProperty({ enum: PHASES, enumName: 'AuditPhase', required: false })
  phase?: (typeof PHASES)[number]

  /** Only with this result: `ok`, or an error code. */
  @Optional()
  @IsString()
  @MaxLength(64)
  result?: string

  /** Only what a host role allowed (true), or what a role in the team did (false). */
  @Optional()
  @Flag
  @IsBoolean()
  asAdmin?: boolean

  /** Only from this time on, RFC 3339. */
  @ApiProperty({ format: 'date-time', required: false })
  @Optional()
  @IsISO8601({ strict: true, strictSeparator: true })
  since?: string

  /** Only before this time, RFC 3339. */
  @ApiProperty({ format: 'date-time', required: false })
  @Optional()
  @IsISO8601({ strict: true, strictSeparator: true })
  until?: string

  /** `ndjson`, or `Accept: application/x-ndjson`: all records at once, oldest first, one a line; `limit` then only counts where it is given. */
  @Optional()
  @IsIn(FORMATS)
  @ApiProperty({ enum: FORMATS, enumName: 'AuditFormat', required: false })
  format?: (typeof FORMATS)[number]
}

/** One record of the append-only log. */
export class AuditItem {
  /** Number in the log, rising. */
  seq!: number
  @ApiProperty({ format: 'date-time' })
  at!: string
  @ApiProperty({ enum: PHASES, enumName: 'AuditPhase' })
  phase!: (typeof PHASES)[number]
  requestId!: string
  operation!: string
  @ApiProperty({ type: String, nullable: true })
  principalId!: string | null
  principal!: string
  /** Session or token that it came with. */
  credential!: string
  @ApiProperty({ type: String, nullable: true })
  team!: string | null
  targetKind!: string
  @ApiProperty({ type: String, nullable: true })
  target!: string | null
  /** Allowed by the host role, not by a role in the team. */
  asAdmin!: boolean
  /** `ok`, `accepted`, `replayed` (a repeat: nothing was done again), `unknown` or an error code. */
  result!: string
  /** Address of the client. */
  address!: string
  /** The gateway process that wrote it; its records are a chain. */
  writer!: string
  /** 1, 2, 3 … in the chain. */
  place!: number
  /** Hash of the record before it in the chain. */
  previous!: string
  /** SHA-256 of this record and of `previous`. */
  hash!: string
}

export class AuditPage {
  items!: AuditItem[]
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}

/** The chain of one gateway process. `lastPlace` and `head`, kept elsewhere, prove later that nothing of it was rewritten. */
export class AuditChainSummary {
  writer!: string
  /** First record that is kept; those before it went by retention. */
  firstPlace!: number
  lastPlace!: number
  /** Hash of the last record. */
  head!: string
}

/** A place where a chain is not what was written. */
export class AuditFault {
  writer!: string
  /** Place in the writer's chain. */
  place!: number
  reason!: string
  /** The record there, where there is one. */
  @ApiProperty({ type: AuditItem, nullable: true })
  record!: AuditItem | null
}

/** What the verification of the whole log found. */
export class AuditVerification {
  intact!: boolean
  /** Records that were looked at. */
  records!: number
  chains!: AuditChainSummary[]
  /** The first fault of each chain that has one, the first bad record of the log first. */
  faults!: AuditFault[]
}

export function itemOf(row: ChainedRecord | AuditRow): AuditItem {
  return {
    seq: row.seq,
    at: row.at,
    phase: row.phase as AuditItem['phase'],
    requestId: row.request_id,
    operation: row.operation,
    principalId: row.principal_id,
    principal: row.principal_name,
    credential: row.credential,
    team: row.team,
    targetKind: row.target_kind,
    target: row.target,
    asAdmin: row.as_admin === 1,
    result: row.result,
    address: row.address,
    writer: row.process_id,
    place: row.chain_seq,
    previous: row.previous,
    hash: row.hash,
  }
}

/** The other way round, for an export that is verified. */
export function recordOf(item: AuditItem): ChainedRecord {
  if (typeof item.writer !== 'string' || !Number.isSafeInteger(item.place) || typeof item.hash !== 'string') throw new Error('no record')
  return {
    seq: item.seq,
    at: item.at,
    phase: item.phase,
    request_id: item.requestId,
    operation: item.operation,
    principal_id: item.principalId,
    principal_name: item.principal,
    credential: item.credential,
    team: item.team,
    target_kind: item.targetKind,
    target: item.target,
    as_admin: item.asAdmin ? 1 : 0,
    result: item.result,
    address: item.address,
    process_id: item.writer,
    chain_seq: item.place,
    previous: item.previous,
    hash: item.hash,
  }
}
