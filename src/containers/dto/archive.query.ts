import { ApiPropertyOptional } from '@nestjs/swagger'
import { IsBoolean, IsIn, IsISO8601, IsString, Matches, MaxLength } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { flag } from './fields.js'

export const ARCHIVE_FORMS = ['tar', 'file'] as const
export type ArchiveForm = (typeof ARCHIVE_FORMS)[number]

export class PathQuery {
  /** Absolute path, as seen in the container. */
  @IsString()
  @MaxLength(4096)
  @Matches(/^\/[^\0]*$/, { message: 'must be an absolute path' })
  path!: string
}

export class ReadArchiveQuery extends PathQuery {
  /** `file`: one regular file as itself; symbolic links to it are followed. */
  @ApiPropertyOptional({ enum: ARCHIVE_FORMS, enumName: 'ArchiveForm', default: 'tar' })
  @Optional()
  @IsIn(ARCHIVE_FORMS)
  as?: ArchiveForm
}

export class WriteArchiveQuery extends ReadArchiveQuery {
  /** A folder of the container is not replaced by a file of the tar, nor the other way round. Always so with `as=file`. */
  @flag
  @Optional()
  @IsBoolean()
  noOverwriteDirNonDir?: boolean

  /** `uid:gid` that all of it belongs to. A tar says it itself when this is left out; a file then belongs to root. */
  @Optional()
  @Matches(/^\d{1,9}:\d{1,9}$/, { message: 'must be uid:gid, in numbers' })
  owner?: string

  /** With `as=file`: permissions, octal as for chmod; 0644 when left out. */
  @Optional()
  @Matches(/^[0-7]{3,4}$/, { message: 'must be octal, such as 0644' })
  mode?: string

  /** With `as=file`: time of its last change; now when left out. */
  @Optional()
  @IsISO8601({ strict: true })
  modified?: string
}
