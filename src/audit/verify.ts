import { AppError } from '../common/errors.js'
import type { ChainedRecord, Head } from '../common/audit-chain.js'
import { parentsOf } from '../store/audit-chain.js'
import type { AuditStore } from '../store/audit.store.js'
import type { AuditChainRow } from '../store/schema.js'
import { type Anchor, ChainCheck, type CheckedChain, type Fault, isRetention, Memory, retentionFault } from './chain-check.js'
import { type AuditItem, recordOf } from './dto/audit.dto.js'

const BATCH = 500

/** What a verification found. */
export interface Verdict {
  readonly intact: boolean
  readonly records: number
  readonly chains: readonly CheckedChain[]
  /** The first of each chain that has one; the first bad record of the log is the first of these. */
  readonly faults: readonly Fault[]
}

/**
 * Holds every record in the database to its chain, each chain to its anchor, and the anchors to each other.
 * @param kept heads that somebody kept elsewhere: whoever can write to the database can write a new history, but not one with these
 */
export async function verifyStored(store: AuditStore, kept: readonly Head[] = []): Promise<Verdict> {
  return store.undisturbed(async () => {
    const stray = await store.stray()
    const anchors = (await store.chains()).map(anchorOf)
    const memory = new Memory([...anchors.flatMap(({ parents }) => parents), ...kept])
    const known = new Set(anchors.map(({ writer }) => writer))
    const faults: Fault[] = stray ? [strayFault(stray)] : []
    for (const writer of memory.writers) if (!known.has(writer)) faults.push({ writer, place: 1, reason: 'the whole chain is missing' })
    const chains: CheckedChain[] = []
    let [records, latest] = [0, undefined as ChainedRecord | undefined]
    for (const anchor of anchors) {
      const check = new ChainCheck(anchor.writer, memory.of(anchor.writer), anchor)
      for await (const record of recordsOf(store, anchor)) {
        records++
        check.add(record)
        if (isRetention(record) && record.seq > (latest?.seq ?? 0)) latest = record
      }
      chains.push(check.end())
      if (check.fault) faults.push(check.fault)
    }
    const trimmed = retentionFault(anchors, latest)
    if (trimmed) faults.unshift(trimmed)
    return { intact: faults.length === 0, records, chains, faults }
  })
}

/**
 * The same for an export of all records (JSON lines, in any order that keeps each chain's own). It has no anchors: where a chain
 * begins is believed, and where it ends is only known by what was kept.
 * @throws AppError INVALID_REQUEST for a line that is no record
 */
export async function verifyExport(lines: AsyncIterable<string>, kept: readonly Head[] = []): Promise<Verdict> {
  const memory = new Memory(kept)
  const checks = new Map<string, ChainCheck>()
  let records = 0
  for await (const line of lines) {
    if (line === '') continue
    const record = parse(line, ++records)
    let check = checks.get(record.process_id)
    if (!check) checks.set(record.process_id, (check = new ChainCheck(record.process_id, memory.of(record.process_id))))
    check.add(record)
  }
  const missing = memory.writers.filter((writer) => !checks.has(writer))
  const chains = [...checks.values()].map((check) => check.end())
  const faults = [
    ...missing.map((writer) => ({ writer, place: 1, reason: 'the whole chain is missing' })),
    ...[...checks.values()].flatMap(({ fault }) => fault ?? []),
  ]
  return { intact: faults.length === 0, records, chains, faults }
}

async function* recordsOf(store: AuditStore, { writer, lastSeq: last }: Anchor): AsyncGenerator<ChainedRecord> {
  for (let after = 0; ;) {
    const rows = await store.ofChain(writer, { after, last, limit: BATCH })
    yield* rows
    if (rows.length < BATCH) return
    after = rows.at(-1)!.chain_seq
  }
}

function anchorOf(row: AuditChainRow): Anchor {
  const { writer, created_at: createdAt, first_seq: firstSeq, base, last_seq: lastSeq, head } = row
  return { writer, createdAt, parents: parentsOf(row), firstSeq, base, lastSeq, head }
}

function strayFault(record: ChainedRecord): Fault {
  return { writer: record.process_id, place: record.chain_seq, reason: 'the record is in no chain', record }
}

function parse(line: string, number: number): ChainedRecord {
  try {
    return recordOf(JSON.parse(line) as AuditItem)
  } catch (error) {
    throw new AppError('INVALID_REQUEST', { reason: `line ${number} is no audit record` }, { cause: error })
  }
}
