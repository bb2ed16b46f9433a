import { basesDigest, type ChainedRecord, genesisHash, type Head, recordHash } from '../common/audit-chain.js'
import { RETENTION } from './retention-record.js'

/** A chain as its anchor describes it; of an export there is none, and the first record that is met begins it. */
export interface Anchor {
  readonly writer: string
  readonly createdAt: string
  readonly parents: readonly Head[]
  readonly firstSeq: number
  /** Hash before the first record. */
  readonly base: string
  readonly lastSeq: number
  readonly head: string
}

/** Why the log is not what was written, and at which record that shows first. */
export interface Fault {
  readonly writer: string
  /** Place in the writer's chain. */
  readonly place: number
  readonly reason: string
  /** The record, where there is one. */
  readonly record?: ChainedRecord
}

/** What a chain turned out to be; `lastSeq` and `head` may be kept to be compared later. */
export interface CheckedChain {
  readonly writer: string
  readonly firstSeq: number
  readonly lastSeq: number
  readonly head: string
}

/** Holds one chain's records, in their order, to their hashes and to what is known of it from elsewhere. */
export class ChainCheck {
  private next: number
  private hash: string | null
  private first: number
  private latest: ChainedRecord | undefined
  fault: Fault | null = null

  /** @param expected hashes that others remember of this chain, by place */
  constructor(
    readonly writer: string,
    private readonly expected: ReadonlyMap<number, string>,
    private readonly anchor?: Anchor,
  ) {
    this.next = anchor?.firstSeq ?? 0
    this.first = this.next
    this.hash = anchor?.base ?? null
    if (anchor) this.begin(anchor)
  }

  /** After the first fault nothing more is said of the chain: all that follows stands on it. */
  add(record: ChainedRecord): void {
    if (this.fault) return
    if (this.hash === null) {
      this.first = record.chain_seq
      this.next = record.chain_seq
      this.hash = record.previous
    }
    this.fault = this.faultOf(record)
    this.next = record.chain_seq + 1
    this.hash = record.hash
    this.latest = record
  }

  end(): CheckedChain {
    const last = this.next - 1
    const remembered = Math.max(this.anchor?.lastSeq ?? 0, ...this.expected.keys())
    if (!this.fault && remembered > last) this.fault = this.at(last + 1, missing(last + 1, remembered))
    if (!this.fault && this.anchor && this.anchor.head !== this.hash)
      this.fault = this.at(last, 'the anchor of the chain remembers another record', this.latest)
    return { writer: this.writer, firstSeq: this.first, lastSeq: last, head: this.hash ?? '' }
  }

  private begin({ firstSeq, base, createdAt, parents }: Anchor): void {
    if (firstSeq === 1 && base !== genesisHash(this.writer, createdAt, parents))
      this.fault = this.at(1, 'the beginning of the chain was changed')
    const before = this.expected.get(firstSeq - 1)
    if (firstSeq > 1 && before !== undefined && before !== base)
      this.fault = this.at(firstSeq - 1, 'another record was here when it was removed')
  }

  private faultOf(record: ChainedRecord): Fault | null {
    if (record.chain_seq > this.next) return this.at(this.next, missing(this.next, record.chain_seq - 1))
    if (record.chain_seq < this.next) return this.at(record.chain_seq, 'the record is there twice', record)
    if (record.hash !== recordHash(record.previous, record)) return this.at(record.chain_seq, 'the record was changed', record)
    if (record.previous !== this.hash) return this.at(record.chain_seq, 'the record does not follow the one before it', record)
    const expected = this.expected.get(record.chain_seq)
    if (expected !== undefined && expected !== record.hash) return this.at(record.chain_seq, 'another record was here before', record)
    return null
  }

  private at(place: number, reason: string, record?: ChainedRecord): Fault {
    return { writer: this.writer, place, reason, ...(record && { record }) }
  }
}

/** What anchors remember of each other, and what somebody kept, by writer and place. */
export class Memory {
  private readonly heads = new Map<string, Map<number, string>>()

  /** @returns the faults of memories that contradict each other */
  constructor(heads: readonly Head[]) {
    for (const { writer, seq, hash } of heads) {
      if (seq > 0) this.of(writer).set(seq, hash)
    }
  }

  of(writer: string): Map<number, string> {
    let known = this.heads.get(writer)
    if (!known) this.heads.set(writer, (known = new Map<number, string>()))
    return known
  }

  get writers(): string[] {
    return [...this.heads].filter(([, places]) => places.size > 0).map(([writer]) => writer)
  }
}

/** Removed from the beginning otherwise than by retention, which leaves a record of where it left the chains. */
export function retentionFault(anchors: readonly Anchor[], latest: ChainedRecord | undefined): Fault | null {
  const bases = anchors
    .filter(({ firstSeq }) => firstSeq > 1)
    .map(({ writer, firstSeq, base }) => ({ writer, seq: firstSeq - 1, hash: base }))
  if (bases.length === 0 || latest?.target === basesDigest(bases)) return null
  const { writer, seq } = bases[0]!
  return { writer, place: seq, reason: 'records were removed up to here, and not by retention' }
}

export function isRetention({ operation, principal_id, principal_name }: ChainedRecord): boolean {
  return operation === RETENTION.operation && principal_id === null && principal_name === RETENTION.principal_name
}

function missing(from: number, to: number): string {
  return from === to ? 'the record is missing' : `the records from here to ${to} are missing`
}
