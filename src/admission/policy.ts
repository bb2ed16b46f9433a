import type { HostFacts } from './container-request.js'
import { type Granted, type Limits, NOTHING_GRANTED, type Profile } from './fields/rule.js'

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
  /** Seccomp profiles that it was granted by name and that there are: name → content. */
  readonly seccomp?: ReadonlyMap<string, string>
}

/** Below are the host's own services. */
export const PORT_RANGE = [1024, 65_535] as const

/** What a team has that nobody decided about. */
export const BASELINE_POLICY: TeamPolicy = { profile: 'baseline', granted: NOTHING_GRANTED, portRange: PORT_RANGE, exports: [] }

/** Threads of one container; a quota of the team comes on top. */
const MOST_PIDS = 32_768

/** The most that one container may have. */
export function limitsOf({ portRange }: TeamPolicy, { memory, cpus, openFiles }: HostFacts): Limits {
  return { memory, nanoCpus: Math.round(cpus * 1e9), pids: MOST_PIDS, portRange, openFiles }
}
