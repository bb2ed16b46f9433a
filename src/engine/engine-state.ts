/** Why the engine can't be used. */
export type EngineProblem = 'unreachable' | 'silent' | 'not_understood' | 'version'

/** What is known about the engine now. */
export interface EngineState {
  readonly up: boolean
  /** When it came up or went down. */
  readonly since: Date
  /** How often it has gone down: tells whoever did not look meanwhile. */
  readonly outages: number
  /** The API version in use (`1.41`), of the last connect; undefined before the first. */
  readonly version: string | undefined
  /** The engine's own version (`20.10.24`). */
  readonly engineVersion: string | undefined
  /** Set while it is down. */
  readonly problem?: EngineProblem
}
