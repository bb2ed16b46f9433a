import type { TeamPolicyColumns, TeamsTable } from './schema.js'

/** What a team was allowed until then; what it has made under it stays as it is. */
export interface FormerPoliciesTable extends TeamPolicyColumns {
  team_id: string
  until: string
  profile: TeamsTable['profile']
}

/** A seccomp profile as it was until then. */
export interface FormerSeccompTable {
  name: string
  until: string
  content: string
}

/** A host folder that a team could mount until then. */
export interface FormerExportsTable {
  team_id: string
  until: string
  path: string
  read_only: number
}
