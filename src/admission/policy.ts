import { type Granted, NOTHING_GRANTED, type Profile } from './fields/rule.js'

/** A host folder that an administrator opened to a team. */
export interface ExportedFolder {
  readonly alias: string
  /** On the host. */
  readonly path: string
  readonly readOnly: boolean
}

/** What a team may make: its profile at this moment, and what it was granted beside. */
export interface TeamPolicy {
  readonly profile: Profile
  readonly granted: Granted
  /** Host ports that it may name, both ends included. */
  readonly portRange: readonly [number, number]
  readonly exports: readonly ExportedFolder[]
}

/** Below are the host's own services. */
export const PORT_RANGE = [1024, 65_535] as const

/** What a team has that nobody decided about. */
export const BASELINE_POLICY: TeamPolicy = { profile: 'baseline', granted: NOTHING_GRANTED, portRange: PORT_RANGE, exports: [] }
