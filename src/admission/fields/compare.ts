import type { FieldTable } from './judge.js'
import { type FieldRow, isNeutral, same } from './rule.js'

/** One field in which the engine made something else than was admitted. */
export interface Difference {
  readonly path: string
  readonly admitted: unknown
  readonly found: unknown
}

/** The two halves of the engine's inspect that a create body became. */
export interface Inspected {
  readonly Config: Readonly<Record<string, unknown>>
  readonly HostConfig: Readonly<Record<string, unknown>>
}

/**
 * Compares what the engine says that it made with what was admitted, field by field as the table says.
 * Nothing is started while one differs.
 */
export function compareWithEngine(table: FieldTable, admitted: Readonly<Record<string, unknown>>, inspected: Inspected): Difference[] {
  const found: Record<string, unknown> = { ...inspected.Config, HostConfig: inspected.HostConfig }
  return differences(table, '', admitted, found)
}

function differences(
  table: FieldTable,
  parent: string,
  admitted: Readonly<Record<string, unknown>>,
  found: Readonly<Record<string, unknown>>,
): Difference[] {
  return table.childrenOf(parent).flatMap(([name, path, row]) => {
    const [ours, theirs] = [admitted[name], found[name]]
    if (row.type === 'object') return differences(table, path, asRecord(ours), asRecord(theirs))
    if (row.compare === 'filled')
      return admitted['Privileged'] === true || !isNeutral(theirs) ? [] : [{ path, admitted: ours, found: theirs }]
    if (row.compare === 'unlabelled' && hasHostNamespace(admitted))
      return equal(ours, without(theirs, 'label=disable')) ? [] : [{ path, admitted: ours, found: theirs }]
    return agrees(row, ours, theirs) ? [] : [{ path, admitted: ours, found: theirs }]
  })
}

function agrees(row: FieldRow, ours: unknown, theirs: unknown): boolean {
  switch (row.compare) {
    case 'ignored':
    case 'filled':
      return true
    case 'merged':
      return isNeutral(ours) || contains(theirs, ours)
    case 'defaulted':
      return isNeutral(ours) || equal(ours, theirs)
    case 'equal':
    case 'unlabelled':
      return equal(ours, theirs)
  }
}

function hasHostNamespace({ Privileged, PidMode, IpcMode }: Readonly<Record<string, unknown>>): boolean {
  return Privileged === true || PidMode === 'host' || IpcMode === 'host'
}

function without(list: unknown, text: string): unknown {
  return Array.isArray(list) ? list.filter((item) => item !== text) : list
}

/** Lists of names are sets to the engine, and null is its empty list. */
function equal(a: unknown, b: unknown): boolean {
  if (isNeutral(a) && isNeutral(b)) return true
  return same(canonical(a), canonical(b))
}

function contains(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) return Array.isArray(whole) && part.every((item) => whole.some((other) => same(item, other)))
  if (typeof part === 'object' && part !== null) return Object.entries(part).every(([key, value]) => same(asRecord(whole)[key], value))
  return same(whole, part)
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  if (typeof value !== 'object' || value === null) return value
  // Inside out, since an object of nothing but neutral values says nothing either.
  const entries = Object.entries(value).map(([key, item]) => [key, canonical(item)] as const)
  return Object.fromEntries(entries.filter(([, item]) => !isNeutral(item)).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}
