import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger'
import { IsString, Length, Matches, MaxLength, MinLength } from 'class-validator'
import { OBJECT_NAME } from '../../access/index.js'
import { Optional, OptionalOrNull } from '../../common/optional.js'
import { PageQuery } from '../../common/page.dto.js'

const LOGINS = ['verified', 'not_required', 'none'] as const

const NAME = { message: 'must be letters, digits, _ . - and at most 63 characters' }
// RFC 7617: the first colon ends the user name
const USERNAME = { message: 'must not have a colon or control characters' }
const TOKEN_HOST = { message: 'must be host or host:port' }
const PEM = { message: 'must be one or more certificates in PEM' }
const CERTIFICATE = /^\s*-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/

export class ListRegistriesQuery extends PageQuery {}

export class CreateRegistryBody {
  /** Team that the registry belongs to; may be left out by a member of exactly one. */
  @Optional()
  @IsString()
  @MaxLength(64)
  team?: string

  @Matches(OBJECT_NAME, NAME)
  name!: string

  /** `https://registry.example:5000`, as image references spell the host; Docker Hub is `https://docker.io`. */
  @IsString()
  @MaxLength(300)
  url!: string

  @ApiPropertyOptional({ type: String })
  @Optional()
  @Length(1, 255)
  @Matches(/^[^:\p{Cc}]+$/u, USERNAME)
  username?: string

  /** Tried when it is saved, kept encrypted, and never shown again. */
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(16_384)
  password?: string

  /** Host (and port) of the token service, where that is not the registry itself: it is given the password. */
  @Optional()
  @MaxLength(300)
  @Matches(/^[A-Za-z0-9.-]+(:\d{1,5})?$/, TOKEN_HOST)
  tokenHost?: string

  /** PEM of the authority that signed the registry's certificate, or of a self-signed one. The engine needs it too: certs.d. */
  @Optional()
  @MaxLength(65_536)
  @Matches(CERTIFICATE, PEM)
  caCertificate?: string
}

export class UpdateRegistryBody {
  @Optional()
  @Matches(OBJECT_NAME, NAME)
  name?: string

  /** With another address the password has to be given again. */
  @Optional()
  @IsString()
  @MaxLength(300)
  url?: string

  /** Null takes the credential away. */
  @ApiPropertyOptional({ type: String, nullable: true })
  @OptionalOrNull()
  @Length(1, 255)
  @Matches(/^[^:\p{Cc}]+$/u, USERNAME)
  username?: string | null

  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(16_384)
  password?: string

  /** Null: the registry itself. */
  @ApiPropertyOptional({ type: String, nullable: true })
  @OptionalOrNull()
  @MaxLength(300)
  @Matches(/^[A-Za-z0-9.-]+(:\d{1,5})?$/, TOKEN_HOST)
  tokenHost?: string | null

  @ApiPropertyOptional({ type: String, nullable: true })
  @OptionalOrNull()
  @MaxLength(65_536)
  @Matches(CERTIFICATE, PEM)
  caCertificate?: string | null
}

/** A registry as a team knows it. The password is in no answer. */
export class Registry {
  @ApiProperty({ format: 'uuid' })
  id!: string
  /** Name of its team. */
  team!: string
  name!: string
  url!: string
  /** How image references begin that mean it: `registry.example:5000`. */
  address!: string
  @ApiProperty({ type: String, nullable: true })
  username!: string | null
  /** verified: the credential was accepted when it was saved. not_required: the registry asks nobody who they are. none: there is no credential. */
  @ApiProperty({ enum: LOGINS, enumName: 'RegistryLogin' })
  login!: (typeof LOGINS)[number]
  @ApiProperty({ type: String, nullable: true })
  tokenHost!: string | null
  @ApiProperty({ type: String, nullable: true })
  caCertificate!: string | null
  @ApiProperty({ format: 'date-time' })
  createdAt!: string
  @ApiProperty({ format: 'date-time' })
  updatedAt!: string
}

export class RegistryPage {
  @ApiProperty({ type: [Registry] })
  items!: Registry[]
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}

/** What the registry said just now. */
export class RegistryCheckResult {
  @ApiProperty({ enum: LOGINS, enumName: 'RegistryLogin' })
  login!: (typeof LOGINS)[number]
  /** What the engine still needs before it can pull from there and push to it, and what else should be better. */
  @ApiProperty({ type: [String] })
  warnings!: string[]
}
