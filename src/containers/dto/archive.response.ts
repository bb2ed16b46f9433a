import { ApiProperty } from '@nestjs/swagger'

/** What was written. */
export class WrittenArchive {
  /** Files, folders and links. */
  entries!: number
  /** Bytes of the files. */
  bytes!: number
}

export const CHANGE_KINDS = ['changed', 'added', 'removed'] as const
export type ChangeKind = (typeof CHANGE_KINDS)[number]

export class FileChangeView {
  path!: string
  @ApiProperty({ enum: CHANGE_KINDS, enumName: 'FileChangeKind' })
  kind!: ChangeKind
}

/** What the writable layer of a container has that its image has not. */
export class FileChanges {
  items!: FileChangeView[]
}
