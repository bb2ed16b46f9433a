import { ApiPropertyOptional } from '@nestjs/swagger'
import { Transform, Type } from 'class-transformer'
import { IsArray, IsBoolean, IsIn, IsInt, IsString, Matches, Max, MaxLength, Min } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { MAX_LIMIT } from '../../common/paging.js'

export const IMAGE_SORTS = ['created', '-created', 'reference', '-reference', 'size', '-size'] as const
export type ImageSort = (typeof IMAGE_SORTS)[number]

const flag = Transform(({ value }) => (value === 'true' ? true : value === 'false' ? false : value))
const many = Transform(({ value }) => (value === undefined || Array.isArray(value) ? value : [value]))

export class ListImagesQuery {
  /** Only these references; `*`, `?` and `[a-z]` match within one part of a name. May be given several times. */
  @ApiPropertyOptional({ type: [String] })
  @many
  @Optional()
  @IsArray()
  @IsString({ each: true })
  @MaxLength(255, { each: true })
  reference?: string[]

  /** Without references or with: a team has no image without one, so `true` lists none. */
  @flag
  @Optional()
  @IsBoolean()
  dangling?: boolean

  /** Only with this label: `key` or `key=value`. May be given several times. */
  @ApiPropertyOptional({ type: [String] })
  @many
  @Optional()
  @IsArray()
  @IsString({ each: true })
  @MaxLength(1024, { each: true })
  @Matches(/^[^=]/, { each: true, message: 'must be key or key=value' })
  label?: string[]

  /** Only images made before this one (reference or id). */
  @Optional()
  @IsString()
  @MaxLength(1024)
  before?: string

  /** Only images made after this one (reference or id). */
  @Optional()
  @IsString()
  @MaxLength(1024)
  since?: string

  /** Order; newest first without it. */
  @ApiPropertyOptional({ enum: IMAGE_SORTS, enumName: 'ImageSort' })
  @Optional()
  @IsIn(IMAGE_SORTS)
  sort?: ImageSort

  /** Items on one page. */
  @Optional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(MAX_LIMIT)
  limit?: number

  /** `nextCursor` of the page before. */
  @Optional()
  @IsString()
  @MaxLength(4096)
  cursor?: string
}

export class RemoveImageQuery {
  /** Also while containers of the team use it; they keep running. */
  @flag
  @Optional()
  @IsBoolean()
  force?: boolean
}
