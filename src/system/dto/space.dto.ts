import { ApiProperty } from '@nestjs/swagger'

/** How many there are, and what they take on the disk of the engine, in bytes. */
export class Space {
  count!: number
  size!: number
  /** What would be free without those that nothing uses. */
  reclaimable!: number
}

/** What one team takes. A layer that several of its images have counts once; one that another team has, too, counts in full for each. */
export class TeamSpace {
  /** Name of the team. */
  team!: string
  images!: Space
  /** What the containers wrote into their own layers; null without the permission containers.read. */
  @ApiProperty({ type: Space, nullable: true })
  containers!: Space | null
  /** Null without the permission volumes.read. */
  @ApiProperty({ type: Space, nullable: true })
  volumes!: Space | null
}

/** The host as a whole. */
export class HostSpace {
  images!: Space
  containers!: Space
  volumes!: Space
  /** Of builds; it belongs to the host, not to teams. */
  buildCache!: Space
}

/** What is taken on the disk of the engine. */
export class DiskUsage {
  /** When the engine took these sizes; counts are of now. */
  @ApiProperty({ format: 'date-time' })
  measuredAt!: string
  @ApiProperty({ type: [TeamSpace] })
  teams!: TeamSpace[]
  /** For administrators and auditors; null for everybody else. */
  @ApiProperty({ type: HostSpace, nullable: true })
  host!: HostSpace | null
}
