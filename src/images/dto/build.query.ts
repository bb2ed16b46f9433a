import { ApiPropertyOptional } from '@nestjs/swagger'
import { Type } from 'class-transformer'
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsNumber, IsString, Matches, Max, MaxLength, Min, MinLength } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { flag, many } from './image.query.js'

/** The team's own network, or none. */
export const BUILD_NETWORKS = ['default', 'none'] as const

export class BuildImageQuery {
  /** What the image is to be called: a name and a tag. */
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  reference!: string

  /** Path of the Dockerfile in the context; `Dockerfile` without it. */
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  dockerfile?: string

  /** The last stage to build, by name or number; the last of all without it. */
  @Optional()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/)
  target?: string

  /** Values of ARG, as one JSON object of texts. Not shown to those who may not read env values. */
  @Optional()
  @IsString()
  @MaxLength(65_536)
  buildArgs?: string

  /** Labels of the image, as one JSON object of texts. */
  @Optional()
  @IsString()
  @MaxLength(65_536)
  labels?: string

  /** Do every step anew. */
  @flag
  @Optional()
  @IsBoolean()
  noCache?: boolean

  /** Look for newer bases, although the team has them. */
  @flag
  @Optional()
  @IsBoolean()
  pull?: boolean

  /** Images of the team whose steps may be used again; without it all of the team's own. May be given several times. */
  @ApiPropertyOptional({ type: [String] })
  @many
  @Optional()
  @IsArray()
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MaxLength(1024, { each: true })
  cacheFrom?: string[]

  /** What the commands may reach: the team's default network, or none. */
  @ApiPropertyOptional({ enum: BUILD_NETWORKS, enumName: 'BuildNetwork' })
  @Optional()
  @IsIn(BUILD_NETWORKS)
  network?: (typeof BUILD_NETWORKS)[number]

  /** Bytes of memory of each command; 2 GiB without it, if the host has them. */
  @Type(() => Number)
  @Optional()
  @IsInt()
  @Min(6_291_456)
  @Max(Number.MAX_SAFE_INTEGER)
  memory?: number

  /** Cpus of each command; 2 without it, if the host has them. */
  @Type(() => Number)
  @Optional()
  @IsNumber()
  @Min(0.01)
  @Max(1_024)
  cpus?: number
}
