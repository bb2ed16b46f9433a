import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger'
import { Type } from 'class-transformer'
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
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
import { PageQuery } from '../../common/page.dto.js'

/** What teams call a profile; `unconfined` is the engine's word for none, and `builtin` for its own. */
export const SECCOMP_NAME = /^(?!(?:unconfined|builtin)$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** No SCMP_ACT_NOTIFY: it hands system calls to a socket of the host. */
const ACTIONS = [
  'SCMP_ACT_KILL',
  'SCMP_ACT_KILL_THREAD',
  'SCMP_ACT_KILL_PROCESS',
  'SCMP_ACT_TRAP',
  'SCMP_ACT_ERRNO',
  'SCMP_ACT_TRACE',
  'SCMP_ACT_ALLOW',
  'SCMP_ACT_LOG',
] as const
const OPERATORS = ['SCMP_CMP_NE', 'SCMP_CMP_LT', 'SCMP_CMP_LE', 'SCMP_CMP_EQ', 'SCMP_CMP_GE', 'SCMP_CMP_GT', 'SCMP_CMP_MASKED_EQ'] as const
const ARCHITECTURE = /^SCMP_ARCH_[A-Z0-9_]{1,16}$/
const SYSTEM_CALL = /^[a-z0-9_]{1,64}$/
const MOST_RULES = 512
const MOST_CALLS = 1024
const Action = () => ApiProperty({ enum: ACTIONS, enumName: 'SeccompAction' })

/** A condition on one argument of a system call. */
export class SeccompArgument {
  @IsInt()
  @Min(0)
  @Max(5)
  index!: number

  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  value!: number

  @Optional()
  @IsInt()
  @Min(0)
  @Max(Number.MAX_SAFE_INTEGER)
  valueTwo?: number

  @ApiProperty({ enum: OPERATORS, enumName: 'SeccompOperator' })
  @IsIn(OPERATORS)
  op!: (typeof OPERATORS)[number]
}

/** When a rule counts, or does not. */
export class SeccompCondition {
  /** `CAP_SYS_ADMIN` */
  @Optional()
  @IsArray()
  @ArrayMaxSize(64)
  @Matches(/^CAP_[A-Z_]{1,32}$/, { each: true, message: 'must each be a capability such as CAP_SYS_ADMIN' })
  caps?: string[]

  /** `amd64` */
  @Optional()
  @IsArray()
  @ArrayMaxSize(64)
  @Matches(/^[a-z0-9]{1,16}$/, { each: true, message: 'must each be an architecture such as amd64' })
  arches?: string[]

  /** `4.8` */
  @Optional()
  @Matches(/^\d{1,3}\.\d{1,3}$/, { message: 'must be a version such as 4.8' })
  minKernel?: string
}

/** What becomes of some system calls. */
export class SeccompRule {
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MOST_CALLS)
  @Matches(SYSTEM_CALL, { each: true, message: 'must each be the name of a system call' })
  names!: string[]

  @Action()
  @IsIn(ACTIONS)
  action!: (typeof ACTIONS)[number]

  /** What the call answers with SCMP_ACT_ERRNO; EPERM when left out. */
  @Optional()
  @IsInt()
  @Min(1)
  @Max(4095)
  errnoRet?: number

  @ApiPropertyOptional({ type: [SeccompArgument] })
  @Optional()
  @IsArray()
  @ArrayMaxSize(6)
  @ValidateNested({ each: true })
  @Type(() => SeccompArgument)
  args?: SeccompArgument[]

  @Optional()
  @IsString()
  @MaxLength(1024)
  comment?: string

  @Optional()
  @IsObject()
  @ValidateNested()
  @Type(() => SeccompCondition)
  includes?: SeccompCondition

  @Optional()
  @IsObject()
  @ValidateNested()
  @Type(() => SeccompCondition)
  excludes?: SeccompCondition
}

/** An architecture and those that it runs too. */
export class SeccompArchitecture {
  @Matches(ARCHITECTURE, { message: 'must be an architecture such as SCMP_ARCH_X86_64' })
  architecture!: string

  @IsArray()
  @ArrayMaxSize(16)
  @Matches(ARCHITECTURE, { each: true, message: 'must each be an architecture such as SCMP_ARCH_X86' })
  subArchitectures!: string[]
}

/** A profile in the engine's own words, so that a file for `docker run --security-opt seccomp=FILE` can be sent as it is. */
export class SeccompProfileBody {
  /** What becomes of a call that no rule names. */
  @Action()
  @IsIn(ACTIONS)
  defaultAction!: (typeof ACTIONS)[number]

  @Optional()
  @IsInt()
  @Min(1)
  @Max(4095)
  defaultErrnoRet?: number

  @Optional()
  @IsArray()
  @ArrayMaxSize(16)
  @Matches(ARCHITECTURE, { each: true, message: 'must each be an architecture such as SCMP_ARCH_X86_64' })
  architectures?: string[]

  /** In the place of `architectures`. */
  @ApiPropertyOptional({ type: [SeccompArchitecture] })
  @Optional()
  @IsArray()
  @ArrayMaxSize(16)
  @ValidateNested({ each: true })
  @Type(() => SeccompArchitecture)
  archMap?: SeccompArchitecture[]

  @ApiProperty({ type: [SeccompRule] })
  @IsArray()
  @ArrayMaxSize(MOST_RULES)
  @ValidateNested({ each: true })
  @Type(() => SeccompRule)
  syscalls!: SeccompRule[]
}

export class SeccompProfileListQuery extends PageQuery {}

/** A profile without its rules. */
export class SeccompProfileSummary {
  /** `seccomp=<name>` among the security options of a container. */
  name!: string
  /** Names of the teams that may use it. */
  teams!: string[]
  @ApiProperty({ format: 'date-time' })
  createdAt!: string
  @ApiProperty({ format: 'date-time' })
  updatedAt!: string
}

export class SeccompProfile extends SeccompProfileSummary {
  profile!: SeccompProfileBody
}

export class SeccompProfilePage {
  items!: SeccompProfileSummary[]
  /** For the next page; null on the last. */
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}
