import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import type { Ledger } from '../store/ledger.store.js'
import { ownershipsOf, type Piece } from './owners.js'

const KEY = Buffer.from('a key').toString('base64')
const UID = '0a1b2c3d-0000-4000-8000-000000000000'
const TEAM = { id: 't1', name: 'red', display_name: 'Red', created_at: '', deleted_at: null } as Ledger['teams'][number]

function faultsOf(kind: Piece['kind'], name: string): readonly string[] {
  const witness = createHmac('sha256', Buffer.from(KEY, 'base64')).update(`${kind}|${UID}|t1`).digest('base64url')
  const id = kind === 'volume' ? name : 'a'.repeat(64)
  const piece: Piece = { kind, id, name, created: new Date(0), labels: { 'berth.uid': UID, 'berth.witness': witness } }
  const row = { uid: UID, kind, team_id: 't1', name: 'n', engine_id: id, state: 'live', witness: 'label' }
  const ledger = { witnessKey: KEY, teams: [TEAM], rows: [row] } as unknown as Ledger
  return ownershipsOf([piece], ledger).faults
}

it.each<[Piece['kind'], string, boolean]>([
  ['network', 'red--n', true],
  // the first name was the operator's
  ['network', 'red--n-0a1b2c3d', true],
  ['network', 'red--n-0a1b2c3e', false],
  ['network', 'red--m-0a1b2c3d', false],
  ['container', 'red--n', true],
  ['container', 'red--n-0a1b2c3d', false],
  ['volume', 'red--n-0a1b2c3d', false],
  ['volume', 'b'.repeat(64), true],
])('takes a %s called %s for the team’s n: %s', (kind, name, expected) => {
  expect(faultsOf(kind, name).length === 0).toBe(expected)
})
