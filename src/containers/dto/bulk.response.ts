import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger'
import { ContainerSummary } from './container.response.js'

/** What became of one reference. */
export class BulkItem {
  /** As it was given. */
  ref!: string
  done!: boolean
  /** Full id; null where there is no such container to the caller. */
  @ApiProperty({ type: String, nullable: true })
  id!: string | null
  /** Its new state; absent when it was removed. */
  @ApiPropertyOptional({ type: ContainerSummary })
  container?: ContainerSummary
  /** Why it was not done. */
  @ApiPropertyOptional({ allOf: [{ $ref: '#/components/schemas/ProblemDetails' }] })
  error?: object
}

/** A report of each, in the order of the request. */
export class BulkReport {
  @ApiProperty({ type: [BulkItem] })
  items!: BulkItem[]
}

/** A container that a prune removed. */
export class PrunedContainer {
  id!: string
  name!: string
  /** Name of its team. */
  team!: string
}

/** What a prune did: containers that did not run. */
export class ContainersPruned {
  @ApiProperty({ type: [PrunedContainer] })
  items!: PrunedContainer[]
  /** Bytes of their writable layers. */
  @ApiProperty({ type: 'integer' })
  spaceReclaimed!: number
}
