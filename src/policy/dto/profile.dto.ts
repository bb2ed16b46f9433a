import { ApiProperty } from '@nestjs/swagger'
import { Type } from 'class-transformer'
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsIP,
  IsISO8601,
  IsObject,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator'
import { type Profile, PROFILES } from '../../admission/index.js'
import { Optional, OptionalOrNull } from '../../common/optional.js'

const MOST = 64
const list = (pattern: RegExp, what: string) => Matches(pattern, { each: true, message: `must each be ${what}` })

/** Host ports that the team may name, both ends included. */
export class PortRange {
  @IsInt()
  @Min(1)
  @Max(65_535)
  first!: number

  @IsInt()
  @Min(1)
  @Max(65_535)
  last!: number
}

/** What an administrator gives a team beyond its profile; docs/profiles.md says which profile heeds what. What is left out is not given. */
export class GrantedBody {
  /** Folders of the host that may be mounted by their exact path. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(MOST)
  @ArrayUnique()
  @list(/^\/[^\0]{0,4095}$/, 'an absolute path')
  hostPaths?: string[]

  /** Without `CAP_`. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(MOST)
  @ArrayUnique()
  @list(/^(?!CAP_)[A-Z][A-Z_]{1,39}$/, 'a capability such as NET_ADMIN')
  capabilities?: string[]

  @Optional()
  @IsArray()
  @ArrayMaxSize(MOST)
  @ArrayUnique()
  @list(/^\/dev(\/[A-Za-z0-9_][A-Za-z0-9_.:-]*)+$/, 'a path below /dev')
  devices?: string[]

  @Optional()
  @IsArray()
  @ArrayMaxSize(MOST)
  @ArrayUnique()
  @list(/^[a-z0-9_-]+([./][A-Za-z0-9_-]+)+$/, 'the name of a sysctl')
  sysctls?: string[]

  /** `seccomp=<name>` of a profile under /seccomp-profiles, `seccomp=unconfined`, `apparmor=…`, `label=…`; `no-new-privileges=false` opts the team out of what is always set. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(MOST)
  @ArrayUnique()
  @MaxLength(256, { each: true })
  @list(
    /^(no-new-privileges=(true|false)|(apparmor|seccomp|label)=[A-Za-z0-9_.:-]+)$/,
    'no-new-privileges=false, apparmor=…, seccomp=… or label=…',
  )
  securityOptions?: string[]

  @Optional()
  @IsArray()
  @ArrayMaxSize(MOST)
  @ArrayUnique()
  @list(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'the name of a runtime')
  runtimes?: string[]

  /** Name servers that containers may be given. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(MOST)
  @ArrayUnique()
  @IsIP(undefined, { each: true })
  dns?: string[]

  /** Parent of the cgroups of the team's containers. */
  @Optional()
  @Matches(/^(?!.*\.\.)\/?[A-Za-z0-9_.:-]+(\/[A-Za-z0-9_.:-]+)*$/, { message: 'must be the path of a cgroup' })
  @MaxLength(255)
  cgroupParent?: string

  /** Any of 1024 and above when left out. */
  @Optional()
  @IsObject()
  @ValidateNested()
  @Type(() => PortRange)
  portRange?: PortRange
}

/** What a team may make from now on. What it has made stays as it is. */
export class ProfileBody {
  @ApiProperty({ enum: PROFILES, enumName: 'Profile' })
  @IsIn(PROFILES)
  profile!: Profile

  /** End of `privileged`, which must have one, 90 days ahead at most; from then on the team is `baseline`. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true, required: false })
  @OptionalOrNull()
  @IsISO8601({ strict: true, strictSeparator: true })
  @Matches(/T.*(Z|[+-]\d\d:\d\d)$/, { message: 'must have a time with its zone' })
  expiresAt?: string | null

  @Optional()
  @IsObject()
  @ValidateNested()
  @Type(() => GrantedBody)
  granted?: GrantedBody
}

/** What a team was given beyond its profile. */
export class GrantedView {
  hostPaths!: string[]
  capabilities!: string[]
  devices!: string[]
  sysctls!: string[]
  securityOptions!: string[]
  runtimes!: string[]
  dns!: string[]
  /** Empty: the engine's own. */
  cgroupParent!: string
  portRange!: PortRange
}

/** A host folder that the team may mount. */
export class ExportForTeam {
  /** `source` of a mount of type `bind`. */
  alias!: string
  readOnly!: boolean
}

/** What a team may make. */
export class TeamProfile {
  /** Name of the team. */
  team!: string
  /** As it was set. */
  @ApiProperty({ enum: PROFILES, enumName: 'Profile' })
  profile!: Profile
  /** As it counts now: a privilege that has ended is `baseline`. */
  @ApiProperty({ enum: PROFILES, enumName: 'Profile' })
  effective!: Profile
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  expiresAt!: string | null
  granted!: GrantedView
  exports!: ExportForTeam[]
}
