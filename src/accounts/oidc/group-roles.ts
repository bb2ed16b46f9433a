/** `group=team:role` gives a role in a team, `group=role` one on the whole host. */
const ENTRY = /^(.+)=(?:([a-z0-9-]+):)?([a-z][a-z0-9-]*)$/

/** One line of the mapping. */
interface GroupRole {
  readonly group: string
  /** Null: on the whole host. */
  readonly team: string | null
  readonly role: string
}

/** What a login gives somebody: null takes a role away, and what is not mentioned stays as it is. */
export interface MappedRoles {
  readonly teams: ReadonlyMap<string, string | null>
  readonly host: string | null | undefined
}

export function isGroupRole(entry: string): boolean {
  return ENTRY.test(entry)
}

/**
 * Roles by the provider's groups. The mapping speaks for every team that it mentions, and for the host if it mentions a role
 * there: who is in none of the groups has no role there. Of several groups, the entry that stands first counts.
 */
export function rolesOf(mapping: readonly string[], groups: readonly string[]): MappedRoles {
  const entries = mapping.flatMap(parse)
  const first = (of: readonly GroupRole[]) => of.find(({ group }) => groups.includes(group))?.role ?? null
  const teams = new Set(entries.flatMap(({ team }) => team ?? []))
  const ofHost = entries.filter(({ team }) => team === null)
  return {
    teams: new Map([...teams].map((name) => [name, first(entries.filter(({ team }) => team === name))])),
    host: ofHost.length === 0 ? undefined : first(ofHost),
  }
}

function parse(entry: string): GroupRole[] {
  const match = ENTRY.exec(entry)
  return match ? [{ group: match[1]!, team: match[2] ?? null, role: match[3]! }] : []
}
