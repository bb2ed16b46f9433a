import { ApiPropertyOptional } from '@nestjs/swagger'
import { Transform, Type } from 'class-transformer'
import { IsArray, IsBoolean, IsIn, IsInt, IsString, Matches, Max, MaxLength, Min } from 'class-validator'
import { PageQuery } from '../../common/page.dto.js'
import { Optional } from '../../common/optional.js'

export const IMAGE_SORTS = ['created', '-created', 'reference', '-reference', 'size', '-size'] as const
export type ImageSort = (typeof IMAGE_SORTS)[number]

/** `true` and `false` of a query. */
export const flag = Transform(({ value }) => (value === 'true' ? true : value === 'false' ? false : value))
/** A parameter that may be given several times. */
export const many = Transform(({ value }) => (value === undefined || Array.isArray(value) ? value : [value]))

export class ListImagesQuery extends PageQuery {
  /** Only these references; `*`, `?` and `[a-z]` match within one part of a name. May be given several times. */
  @ApiPropertyOptional({ type: [String] })
  @many
  @Optional()
  @IsArray()
  @IsString({ each: true })
  @MaxLength(255, { each: true })
  reference?: string[]

  /** Without references or with: content that a reference moved away from stays while containers of the team use it. */
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
}

export class SearchImagesQuery {
  /** What to look for. */
  @Matches(/^[A-Za-z0-9][\w./:@-]*$/, { message: 'must begin with a letter or digit, and have only these and . _ - / : @' })
  @MaxLength(255)
  term!: string

  /** The most that are answered; 25 without it. */
  @Type(() => Number)
  @Optional()
  @IsInt()
  @Min(1)
  @Max(100)
  limit?: number
}

export class RemoveImageQuery {
  /** Also while containers of the team use it; they keep running. */
  @flag
  @Optional()
  @IsBoolean()
  force?: boolean
}
