/** What the engine part is told by the configuration; all times in milliseconds. */
export interface EngineOptions {
  /** `unix:///var/run/docker.sock` or `tcp://host:port` (plain; put TLS in front of it). */
  readonly dockerHost: string
  /** Limit of one ordinary call. */
  readonly callTimeoutMs?: number
  /** How long a ping may take before the engine counts as silent. */
  readonly probeTimeoutMs?: number
  /** Distance of the pings. */
  readonly probeEveryMs?: number
  /** Distance of the inventory's checks for changes that made no event. */
  readonly relistEveryMs?: number
  /** Hears what an operator should read; never shown to clients. */
  readonly log?: EngineLog
}

/** Where the engine part writes to; pino's shape. */
export interface EngineLog {
  info(fields: object, text: string): void
  warn(fields: object, text: string): void
}

/** The options with every default filled in. */
export type EngineSettings = Required<EngineOptions>

const SILENT: EngineLog = { info: () => undefined, warn: () => undefined }

/** Fills in the defaults. */
export function settings(options: EngineOptions): EngineSettings {
  return {
    callTimeoutMs: 30_000,
    probeTimeoutMs: 700,
    probeEveryMs: 1_000,
    relistEveryMs: 30_000,
    log: SILENT,
    ...options,
  }
}

/** The injection token of EngineOptions. */
export const ENGINE_OPTIONS = Symbol('ENGINE_OPTIONS')
