import type { Row } from './report.js'
import type { World } from './world.js'

/** How thorough a run is. */
export interface Plan {
  /** Only to see that everything still works: no figure means anything then. */
  readonly quick: boolean
  readonly rounds: number
  /** Longest time of one round of requests. */
  readonly roundMs: number
}

export interface Bench {
  readonly world: World
  readonly plan: Plan
}

/** One entry of `npm run bench -- <name>`. */
export interface Figure {
  readonly name: string
  run(bench: Bench): Promise<Row[]>
}
