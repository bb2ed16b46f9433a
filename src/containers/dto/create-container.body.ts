import { ApiPropertyOptional } from '@nestjs/swagger'
import { Type } from 'class-transformer'
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsObject,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator'
import { Optional } from '../../common/optional.js'
import { OBJECT_NAME } from '../../access/index.js'
import { type ContainerRequest, IsLabelMap } from '../../admission/index.js'
import { PULL_POLICIES, type PullPolicy } from '../../common/image-source.js'
import { HealthcheckBody, MountBody, NO_NUL, noNul, PortBody, ResourcesBody, RestartBody } from './container-parts.body.js'
import { flag } from './fields.js'
import { SIGNAL } from './signal.js'

/** The kernel's own bound of one argument. */
const MAX_TEXT = 131_072

/** A container to make. */
export class CreateContainerBody implements ContainerRequest {
  /** Team that the container belongs to; may be left out by a member of exactly one. */
  @Optional()
  @IsString()
  @MaxLength(64)
  team?: string

  /** A generated one when left out. With `count`, copies are `<name>-1`, `<name>-2` … */
  @Optional()
  @Matches(OBJECT_NAME, { message: 'must be letters, digits, _ . - and at most 63 characters' })
  name?: string

  /** Reference, digest or `sha256:` id of an image of the team or of the library. */
  @IsString()
  @MaxLength(1024)
  image!: string

  /** Arguments of the entrypoint, or the command itself; the image's when left out. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(1024)
  @IsString({ each: true })
  @MaxLength(MAX_TEXT, { each: true })
  @Matches(NO_NUL, noNul)
  command?: string[]

  @Optional()
  @IsArray()
  @ArrayMaxSize(1024)
  @IsString({ each: true })
  @MaxLength(MAX_TEXT, { each: true })
  @Matches(NO_NUL, noNul)
  entrypoint?: string[]

  /** `KEY=VALUE`, over what the image sets; `KEY` alone takes the image's away. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(1024)
  @IsString({ each: true })
  @MaxLength(MAX_TEXT, { each: true })
  @Matches(/^[^=\0]+(=[^\0]*)?$/, { each: true, message: 'must be KEY=VALUE, without NUL' })
  env?: string[]

  /** A terminal for the main process. */
  @Optional()
  @IsBoolean()
  tty?: boolean

  /** Keeps standard input open without anybody attached. */
  @Optional()
  @IsBoolean()
  openStdin?: boolean

  /** `user`, `user:group` or numbers. */
  @Optional()
  @Matches(/^[A-Za-z0-9_.$-]{1,64}(:[A-Za-z0-9_.$-]{1,64})?$/, { message: 'must be user or user:group' })
  user?: string

  /** Absolute path. */
  @Optional()
  @IsString()
  @MaxLength(4096)
  @Matches(NO_NUL)
  workingDir?: string

  @Optional()
  @Matches(/^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/, { message: 'must be a host name of at most 63 characters' })
  hostname?: string

  /** At most 64; `berth.*` and `com.docker.*` (but `com.docker.compose.*`) are reserved. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string' } })
  @Optional()
  @IsLabelMap()
  labels?: Record<string, string>

  @ApiPropertyOptional({ type: [PortBody] })
  @Optional()
  @IsArray()
  @ArrayMaxSize(100)
  @ValidateNested({ each: true })
  @Type(() => PortBody)
  ports?: PortBody[]

  /** Publishes every port that the image exposes on a free port of the host. */
  @Optional()
  @IsBoolean()
  publishAll?: boolean

  @ApiPropertyOptional({ type: [MountBody] })
  @Optional()
  @IsArray()
  @ArrayMaxSize(32)
  @ValidateNested({ each: true })
  @Type(() => MountBody)
  mounts?: MountBody[]

  /** Containers of the team whose volumes are mounted at the same places; `name:ro` mounts them read-only. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(16)
  @IsString({ each: true })
  @MaxLength(80, { each: true })
  volumesFrom?: string[]

  /** `default`, the network of the team, where its containers reach each other by name; another network of the team, by name or id; or `none`. */
  @Optional()
  @IsString()
  @MaxLength(128)
  network?: string

  /** Containers of the team on the same network that this one reaches by another name, `name:alias`; their own names need none. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(16)
  @IsString({ each: true })
  @MaxLength(128, { each: true })
  links?: string[]

  /** Refused below the profile `privileged`. */
  @Optional()
  @IsBoolean()
  privileged?: boolean

  /** `seccomp=<name>` of a profile that an administrator named, and what else the team was granted; `no-new-privileges` is set anyhow. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(16)
  @ArrayUnique()
  @MaxLength(256, { each: true })
  @Matches(/^(no-new-privileges([=:](true|false))?|(seccomp|apparmor|label)[=:][A-Za-z0-9_.:-]+)$/, {
    each: true,
    message: 'must each be no-new-privileges, seccomp=<name>, apparmor=<name> or label=<text>',
  })
  securityOptions?: string[]

  @Optional()
  @IsObject()
  @ValidateNested()
  @Type(() => ResourcesBody)
  resources?: ResourcesBody

  @Optional()
  @IsObject()
  @ValidateNested()
  @Type(() => RestartBody)
  restart?: RestartBody

  @Optional()
  @IsObject()
  @ValidateNested()
  @Type(() => HealthcheckBody)
  healthcheck?: HealthcheckBody

  /** Whether the image is looked for at its registry; `missing` when left out. */
  @ApiPropertyOptional({ enum: PULL_POLICIES, enumName: 'PullPolicy', default: 'missing' })
  @Optional()
  @IsIn(PULL_POLICIES)
  pull?: PullPolicy

  /** Makes so many copies; the answer then reports each. */
  @Optional()
  @IsInt()
  @Min(1)
  @Max(50)
  count?: number

  /** Removes the container and its anonymous volumes when it ends. */
  @Optional()
  @IsBoolean()
  autoRemove?: boolean

  /** Signal that asks the main process to end, such as `SIGINT`; the image's when left out. */
  @Optional()
  @Matches(SIGNAL, { message: 'must be a signal such as SIGINT' })
  stopSignal?: string

  /** Seconds between the stop signal and the kill; 10 when left out. */
  @Optional()
  @IsInt()
  @Min(0)
  @Max(86_400)
  stopTimeout?: number
}

export class CreateContainerQuery {
  /** Starts it too; if that fails, the container is removed again. */
  @flag
  @Optional()
  @IsBoolean()
  start?: boolean
}
