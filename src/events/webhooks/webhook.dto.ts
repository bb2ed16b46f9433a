import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger'
import { ArrayMaxSize, IsArray, IsIn, IsString, Length, MaxLength } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { PageQuery } from '../../common/page.dto.js'
import { EVENT_KINDS, type EventKind } from '../dto/event.dto.js'

const MOST_WORDS = 32

export class ListWebhooksQuery extends PageQuery {}

export class CreateWebhookBody {
  /** Team whose events are told; may be left out by a member of exactly one. */
  @Optional()
  @IsString()
  @MaxLength(64)
  team?: string

  /** `https://…`, or `http://…`; an address that is not public must be allowed by an administrator. */
  @IsString()
  @Length(8, 2048)
  url!: string

  /** What deliveries are signed with; a generated one when left out. */
  @Optional()
  @IsString()
  @Length(16, 256)
  secret?: string

  /** Only events of these kinds; of all when left out. */
  @ApiPropertyOptional({ type: [String], enum: EVENT_KINDS, enumName: 'EventKind' })
  @Optional()
  @IsArray()
  @ArrayMaxSize(MOST_WORDS)
  @IsIn(EVENT_KINDS, { each: true })
  kinds?: EventKind[]

  /** Only these actions: `die`, `health_status` … */
  @Optional()
  @IsArray()
  @ArrayMaxSize(MOST_WORDS)
  @IsString({ each: true })
  @MaxLength(64, { each: true })
  actions?: string[]

  /** Only of objects with these names. */
  @Optional()
  @IsArray()
  @ArrayMaxSize(MOST_WORDS)
  @IsString({ each: true })
  @MaxLength(512, { each: true })
  names?: string[]
}

/** Where a team is told of its events: by a POST with `{webhook, team, events}`, signed, again until it is answered with 2xx. */
export class Webhook {
  id!: string
  /** Name of its team. */
  team!: string
  url!: string
  @ApiProperty({ type: [String] })
  kinds!: string[]
  @ApiProperty({ type: [String] })
  actions!: string[]
  @ApiProperty({ type: [String] })
  names!: string[]
  @ApiProperty({ format: 'date-time' })
  createdAt!: string
  /** When something was delivered last. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  deliveredAt!: string | null
  /** Tries that failed since then. */
  failures!: number
  /** Why the last try failed; null while all is well. */
  @ApiProperty({ type: String, nullable: true })
  problem!: string | null
  /** When it is tried again. */
  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  nextTryAt!: string | null
}

/** A new webhook. */
export class CreatedWebhook extends Webhook {
  /** Shown this once. A delivery's `Berth-Signature: t=…,v1=…` is the HMAC-SHA-256 of `t`, a dot and the body, in hex. */
  secret!: string
}

export class WebhookPage {
  @ApiProperty({ type: [Webhook] })
  items!: Webhook[]
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}
