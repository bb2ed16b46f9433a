import { createHash } from 'node:crypto'

/** What of a record is under its hash, as the database has it. Nothing may be added to the middle: old records would change. */
export interface ChainedContent {
  /** The gateway process that wrote it; each has a chain of its own. */
  readonly process_id: string
  /** 1, 2, 3 … in that chain. */
  readonly chain_seq: number
  readonly at: string
  readonly phase: string
  readonly request_id: string
  readonly operation: string
  readonly principal_id: string | null
  readonly principal_name: string
  readonly credential: string
  readonly team: string | null
  readonly target_kind: string
  readonly target: string | null
  readonly as_admin: number
  readonly result: string
  readonly address: string
}

/** A record with its place in its chain. */
export interface ChainedRecord extends ChainedContent {
  /** Number in the whole log; says nothing about order between processes that write at once. */
  readonly seq: number
  /** Hash of the record before it; of the first one, the chain's genesis. */
  readonly previous: string
  readonly hash: string
}

/** The end of a chain at some time: the record and its hash. */
export interface Head {
  readonly writer: string
  readonly seq: number
  readonly hash: string
}

/** SHA-256 over the record before and everything in this one, as a JSON array: no two contents have the same bytes. */
export function recordHash(previous: string, r: ChainedContent): string {
  const who = [r.principal_id, r.principal_name, r.credential]
  const what = [r.team, r.target_kind, r.target, r.as_admin, r.result, r.address]
  return sha256([previous, r.process_id, r.chain_seq, r.at, r.phase, r.request_id, r.operation, ...who, ...what])
}

/** What the first record of a chain follows: the ends of all chains before it, so that none of them can go without a trace. */
export function genesisHash(writer: string, createdAt: string, parents: readonly Head[]): string {
  return sha256(['berth-audit-1', writer, createdAt, parents.map(({ writer, seq, hash }) => [writer, seq, hash])])
}

/** Where the chains begin that retention has shortened: the record of that retention has it as its target. */
export function basesDigest(bases: readonly Head[]): string {
  const list = bases.map(({ writer, seq, hash }) => [writer, seq, hash] as const)
  return sha256(list.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Text that both databases give back as it was: PostgreSQL takes no NUL, and UTF-8 has no half of a surrogate pair. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}

function sha256(value: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}
