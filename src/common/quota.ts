/** What a team's quota may limit. Sizes in bytes, cpus in cores, the others are numbers of things. */
export const QUOTA_RESOURCES = [
  'containers',
  'running',
  'memory',
  'cpus',
  'pids',
  'volumes',
  'networks',
  'imageBytes',
  'ports',
  'execs',
  'streams',
  'jobs',
] as const
export type QuotaResource = (typeof QUOTA_RESOURCES)[number]

/** No number: no limit. */
export type QuotaLimits = Readonly<Partial<Record<QuotaResource, number>>>
export type QuotaUse = Readonly<Record<QuotaResource, number>>

/** What a container takes of its team, for as long as it exists. */
export interface ContainerWants {
  /** Bytes. */
  readonly memory: number
  /** Cores. */
  readonly cpus: number
  readonly pids: number
  /** Published host ports. */
  readonly ports: number
}
