import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger'
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsIP,
  IsNumber,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator'
import { Optional } from '../../common/optional.js'
import { MOUNT_TYPES, RESTART_POLICIES, type RestartPolicy } from '../../admission/index.js'

/** For texts that become arguments, paths or variables: the kernel would end them there. */
export const NO_NUL = /^[^\0]*$/
/** The same for each text of a list. */
export const noNul = { each: true, message: 'must not contain NUL' }

/** A port of the container that the host publishes. */
export class PortBody {
  /** Port inside the container. */
  @IsInt()
  @Min(1)
  @Max(65_535)
  container!: number

  /** Port of the host, 1024 or above; when left out a free one of 20000 to 29999, or of the team's range. */
  @Optional()
  @IsInt()
  @Min(1)
  @Max(65_535)
  host?: number

  /** Address of the host; BERTH_PUBLISH_ADDRESS when left out. */
  @Optional()
  @IsIP()
  hostIp?: string

  @ApiPropertyOptional({ enum: ['tcp', 'udp'], enumName: 'PortProtocol', default: 'tcp' })
  @Optional()
  @IsIn(['tcp', 'udp'])
  protocol?: 'tcp' | 'udp'
}

/** Something mounted into the container. */
export class MountBody {
  /** `bind` is in the contract, but the team's profile refuses it. */
  @ApiProperty({ enum: MOUNT_TYPES, enumName: 'MountType' })
  @IsIn(MOUNT_TYPES)
  type!: (typeof MOUNT_TYPES)[number]

  /** Name of a volume of the team, made if there is none; an anonymous volume when left out. */
  @Optional()
  @IsString()
  @MaxLength(4096)
  @Matches(NO_NUL)
  source?: string

  /** Absolute path in the container. */
  @IsString()
  @MaxLength(4096)
  @Matches(NO_NUL)
  target!: string

  @Optional()
  @IsBoolean()
  readOnly?: boolean

  /** Bytes of a tmpfs; 64 MiB when left out. */
  @Optional()
  @IsInt()
  @Min(4096)
  size?: number
}

/** Limits. */
export class ResourcesBody {
  /** Bytes, 6 MiB or more; 2 GiB when left out. Swap is not given. */
  @Optional()
  @IsInt()
  @Min(6_291_456)
  memory?: number

  /** Cores; 2 when left out. */
  @Optional()
  @IsNumber({ maxDecimalPlaces: 3 })
  @Min(0.01)
  cpus?: number

  /** Processes and threads; 1024 when left out. */
  @Optional()
  @IsInt()
  @Min(1)
  @Max(32_768)
  pids?: number
}

/** What the engine does when the main process ends. */
export class RestartBody {
  @ApiProperty({ enum: RESTART_POLICIES, enumName: 'RestartPolicy' })
  @IsIn(RESTART_POLICIES)
  policy!: RestartPolicy

  /** With `on-failure`; without a limit when left out. */
  @Optional()
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  maxRetries?: number
}

/** A command that tells whether the container works. */
export class HealthcheckBody {
  /** `["CMD", "program", "argument"]`, `["CMD-SHELL", "command line"]`, or `["NONE"]` to switch the image's off. */
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(64)
  @IsString({ each: true })
  @MaxLength(4096, { each: true })
  @Matches(NO_NUL, noNul)
  test!: string[]

  /** Seconds between two runs. */
  @Optional()
  @IsNumber()
  @Min(0.001)
  @Max(86_400)
  interval?: number

  /** Seconds that one run may take. */
  @Optional()
  @IsNumber()
  @Min(0.001)
  @Max(86_400)
  timeout?: number

  /** Failures in a row until it counts as unhealthy. */
  @Optional()
  @IsInt()
  @Min(1)
  @Max(1000)
  retries?: number

  /** Seconds after the start in which failures do not count. */
  @Optional()
  @IsNumber()
  @Min(0.001)
  @Max(86_400)
  startPeriod?: number
}
