import { ApiProperty } from '@nestjs/swagger'

/** A place where the caller is logged in. */
export class SessionResponse {
  id!: string
  /** The one of this request. */
  current!: boolean
  @ApiProperty({ format: 'date-time' })
  createdAt!: string
  /** Last login or refresh. */
  @ApiProperty({ format: 'date-time' })
  usedAt!: string
  /** When it ends unless it is refreshed. */
  @ApiProperty({ format: 'date-time' })
  expiresAt!: string
  /** Address of the client that logged in. */
  address!: string
  /** What that client called itself. */
  userAgent!: string
}

export class SessionPage {
  items!: SessionResponse[]
  /** For the next page; null on the last. */
  @ApiProperty({ type: String, nullable: true })
  nextCursor!: string | null
}
