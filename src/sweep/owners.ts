import { createHash, createHmac } from 'node:crypto'
import type { Ledger } from '../store/ledger.store.js'
import type { OwnershipRow, TeamRow } from '../store/schema.js'
import type { EngineState } from './engine-reader.js'

/** Something on the engine, in the terms that ownership is decided in. */
export interface Piece {
  readonly kind: 'container' | 'volume' | 'network'
  /** Full engine id; of a volume its name. */
  readonly id: string
  readonly name: string
  readonly created: Date
  readonly labels: Readonly<Record<string, string>>
}

/** A piece and whose it is. */
export interface Owned {
  readonly piece: Piece
  readonly row: OwnershipRow
  readonly team: TeamRow
}

export interface Ownerships {
  readonly owned: readonly Owned[]
  /** Made beside the gateway: nobody's, and that is in order. */
  readonly unowned: readonly Piece[]
  readonly faults: readonly string[]
}

const PREDEFINED = new Set(['bridge', 'host', 'none'])
const ANONYMOUS = /^[0-9a-f]{64}$/

/** Everything on the engine that may belong to somebody. */
export function piecesOf({ containers, volumes, networks }: EngineState): Piece[] {
  return [
    ...containers.map(({ Id, Name, Created, Config }) => piece('container', Id, Name.slice(1), Created, Config.Labels)),
    ...volumes.map(({ Name, CreatedAt, Labels }) => piece('volume', Name, Name, CreatedAt ?? '', Labels)),
    ...networks
      .filter(({ Name }) => !PREDEFINED.has(Name))
      .map(({ Id, Name, Created, Labels }) => piece('network', Id, Name, Created, Labels)),
  ]
}

/** Exactly one owner for each, and an object for each row. */
export function ownershipsOf(pieces: readonly Piece[], ledger: Ledger): Ownerships {
  const faults: string[] = []
  const owned: Owned[] = []
  const unowned: Piece[] = []
  const teams = new Map(ledger.teams.map((team) => [team.id, team]))
  const pending = new Set(ledger.rows.filter(({ state }) => state === 'pending').map(({ uid }) => uid))
  const live = ledger.rows.filter((row) => row.state === 'live' && ['container', 'volume', 'network'].includes(row.kind))
  for (const each of pieces) {
    const called = `${each.kind} ${each.name} (${each.id.slice(0, 12)})`
    const rows = live.filter(({ kind, engine_id: id }) => kind === each.kind && id === each.id)
    const uid = each.labels['berth.uid'] ?? ''
    if (rows.length > 1) faults.push(`${called} has ${rows.length} owners`)
    const [row] = rows
    if (!row) {
      const namesake = teamOfName(each, ledger)
      if (namesake) faults.push(`${called} is called as one of team ${namesake.name}, and is nobody's`)
      else if (uid === '') unowned.push(each)
      else if (!pending.has(uid)) faults.push(`${called} says that it is ours, and no row says so: it is in quarantine`)
      continue
    }
    const team = teams.get(row.team_id)
    if (!team || team.deleted_at !== null) faults.push(`${called} belongs to a team that is no more`)
    const fault = proofFault(each, row, ledger.witnessKey) ?? (team && nameFault(each, row, team))
    if (fault) faults.push(`${called} of team ${team?.name ?? row.team_id}: ${fault}`)
    if (team) owned.push({ piece: each, row, team })
  }
  const there = new Set(pieces.map(({ kind, id }) => `${kind} ${id}`))
  for (const { kind, engine_id: id, name, team_id: team } of live)
    if (!there.has(`${kind} ${id}`))
      faults.push(`the row of ${kind} ${name} of team ${teams.get(team)?.name ?? team} stands for nothing on the engine`)
  return { owned, unowned, faults }
}

/** Each holding tag stands for one reference and has its content, and each reference has its tag. */
export function tagFaults({ images }: EngineState, ledger: Ledger): string[] {
  const tags = new Map(
    images.flatMap(({ Id, RepoTags }) =>
      (RepoTags ?? []).filter((tag) => tag.startsWith('berth.invalid/')).map((tag) => [tag, Id] as const),
    ),
  )
  const wanted = new Map(ledger.references.map((each) => [tagOf(each.owner, each.reference), each]))
  const faults: string[] = []
  for (const [tag, id] of tags) {
    const reference = wanted.get(tag)
    if (!reference) faults.push(`the tag ${tag} stands for no reference of a team`)
    else if (reference.contentId !== id)
      faults.push(`the tag of ${reference.reference} holds ${id}, and its row says ${reference.contentId}`)
  }
  for (const [tag, { reference }] of wanted) if (!tags.has(tag)) faults.push(`${reference} has no tag that holds its content: ${tag}`)
  return faults
}

export function tagOf(owner: string, reference: string): string {
  return `berth.invalid/${owner}/${createHash('sha256').update(reference).digest('hex')}:h`
}

/** The label's proof, or of an adopted one the time of its creation. */
function proofFault(each: Piece, row: OwnershipRow, key: string): string | null {
  if (row.witness === 'adopted') {
    const created = String(Math.floor(each.created.getTime() / 1000))
    return row.engine_created === created ? null : 'another object has taken its id or name'
  }
  const proof = createHmac('sha256', Buffer.from(key, 'base64')).update(`${row.kind}|${row.uid}|${row.team_id}`).digest('base64url')
  if (each.labels['berth.uid'] !== row.uid) return 'its label has another uid than its row'
  return each.labels['berth.witness'] === proof ? null : 'its witness proves nothing'
}

/** Nobody makes such a volume: the engine did, of a name that was to be mounted when its volume had just gone. */
function teamOfName({ kind, name, labels }: Piece, { teams }: Ledger): TeamRow | undefined {
  if (kind !== 'volume' || labels['berth.uid'] !== undefined) return undefined
  return teams.find((team) => team.deleted_at === null && name.startsWith(`${team.name}--`))
}

function nameFault({ name }: Piece, row: OwnershipRow, team: TeamRow): string | null {
  const wanted = `${team.name}--${row.name}`
  if (row.witness === 'adopted' || name === wanted) return null
  // somebody beside the gateway had the first name already
  if (row.kind === 'network' && name === `${wanted}-${row.uid.slice(0, 8)}`) return null
  return row.kind === 'volume' && ANONYMOUS.test(name) ? null : `the engine calls it ${name}, and its team ${row.name}`
}

function piece(kind: Piece['kind'], id: string, name: string, created: string, labels: Readonly<Record<string, string>> | null): Piece {
  return { kind, id, name, created: new Date(created), labels: labels ?? {} }
}
