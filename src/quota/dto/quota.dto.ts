import { ApiProperty } from '@nestjs/swagger'
import { IsInt, IsNumber, Max, Min } from 'class-validator'
import { OptionalOrNull } from '../../common/optional.js'

const Whole = (): PropertyDecorator => (target, key) => {
  for (const check of [OptionalOrNull(), IsInt(), Min(0), Max(Number.MAX_SAFE_INTEGER)]) check(target, key)
}

const LIMIT = { type: Number, nullable: true, required: false } as const

/** What a team may use at most. What is left out, or null, has no limit. */
export class QuotaBody {
  /** Containers, running or not. */
  @ApiProperty(LIMIT)
  @Whole()
  containers?: number | null

  /** Containers that run, or are paused or restarting. */
  @ApiProperty(LIMIT)
  @Whole()
  running?: number | null

  /** Bytes of memory that all containers may use together, running or not. */
  @ApiProperty(LIMIT)
  @Whole()
  memory?: number | null

  /** Cores of all containers together. */
  @ApiProperty(LIMIT)
  @OptionalOrNull()
  @IsNumber({ maxDecimalPlaces: 9 })
  @Min(0)
  @Max(1_000_000)
  cpus?: number | null

  /** Processes of all containers together. */
  @ApiProperty(LIMIT)
  @Whole()
  pids?: number | null

  /** Volumes, anonymous ones included. */
  @ApiProperty(LIMIT)
  @Whole()
  volumes?: number | null

  /** Networks beside the team's own. */
  @ApiProperty(LIMIT)
  @Whole()
  networks?: number | null

  /** Bytes of the team's images; looked at when the team gets an image, so that those at once may go past it. */
  @ApiProperty(LIMIT)
  @Whole()
  imageBytes?: number | null

  /** Published host ports. */
  @ApiProperty(LIMIT)
  @Whole()
  ports?: number | null

  /** Commands that run at once in the team's containers; of each gateway process. */
  @ApiProperty(LIMIT)
  @Whole()
  execs?: number | null

  /** Streams that are open at once, execs among them; of each gateway process. */
  @ApiProperty(LIMIT)
  @Whole()
  streams?: number | null

  /** Jobs that run at once. */
  @ApiProperty(LIMIT)
  @Whole()
  jobs?: number | null
}

/** The limits as they are; null is none. */
export class QuotaLimitsResponse {
  @ApiProperty({ type: Number, nullable: true })
  containers!: number | null
  @ApiProperty({ type: Number, nullable: true })
  running!: number | null
  /** Bytes. */
  @ApiProperty({ type: Number, nullable: true })
  memory!: number | null
  /** Cores. */
  @ApiProperty({ type: Number, nullable: true })
  cpus!: number | null
  @ApiProperty({ type: Number, nullable: true })
  pids!: number | null
  @ApiProperty({ type: Number, nullable: true })
  volumes!: number | null
  @ApiProperty({ type: Number, nullable: true })
  networks!: number | null
  /** Bytes. */
  @ApiProperty({ type: Number, nullable: true })
  imageBytes!: number | null
  @ApiProperty({ type: Number, nullable: true })
  ports!: number | null
  @ApiProperty({ type: Number, nullable: true })
  execs!: number | null
  @ApiProperty({ type: Number, nullable: true })
  streams!: number | null
  @ApiProperty({ type: Number, nullable: true })
  jobs!: number | null
}

/** What is used now. */
export class QuotaUseResponse {
  containers!: number
  running!: number
  /** Bytes. */
  memory!: number
  /** Cores. */
  cpus!: number
  pids!: number
  volumes!: number
  networks!: number
  /** Bytes. */
  imageBytes!: number
  ports!: number
  /** Of this gateway process. */
  execs!: number
  /** Of this gateway process. */
  streams!: number
  jobs!: number
}

/** A team's limits, and what of them is used. */
export class QuotaResponse {
  limits!: QuotaLimitsResponse
  used!: QuotaUseResponse
}
