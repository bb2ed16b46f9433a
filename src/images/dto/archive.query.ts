import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger'
import { ArrayMaxSize, ArrayMinSize, IsArray, IsString, MaxLength, MinLength } from 'class-validator'
import { Optional } from '../../common/optional.js'
import { many } from './image.query.js'

export class ImportImageQuery {
  /** What the image is to be called: a name and a tag. */
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  reference!: string

  /** Where it comes from, for the image's history. */
  @Optional()
  @IsString()
  @MaxLength(2048)
  message?: string

  /** A CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, USER, WORKDIR or VOLUME line of a Dockerfile. May be given several times. */
  @ApiPropertyOptional({ type: [String] })
  @many
  @Optional()
  @IsArray()
  @ArrayMaxSize(64)
  @IsString({ each: true })
  @MaxLength(4096, { each: true })
  changes?: string[]
}

export class LoadImagesQuery {
  /** What the archive's one image is to be called; without it images are called as the archive says. */
  @Optional()
  @IsString()
  @MinLength(1)
  @MaxLength(1024)
  reference?: string
}

export class SaveImagesQuery {
  /** References, or `sha256:` ids. Several make one archive, which has each layer once. */
  @ApiProperty({ type: [String] })
  @many
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @MinLength(1, { each: true })
  @MaxLength(1024, { each: true })
  ref!: string[]
}
