import { Body, Controller, Delete, HttpCode, Param, Put } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { PutLibraryBody } from './dto/image.body.js'
import { LibraryImage } from './dto/image.response.js'
import { Library } from './library.service.js'

/** Images that every team may use. */
@ApiTags('images')
@Controller('library')
export class LibraryController {
  constructor(private readonly library: Library) {}

  @Put(':ref')
  @Operation('LibraryPut', 'Publish an image of the engine to every team')
  put(@Granted() grant: Grant<'LibraryPut'>, @Param('ref') ref: string, @Body() body: PutLibraryBody): Promise<LibraryImage> {
    return this.library.put(grant, ref, body)
  }

  @Delete(':ref')
  @HttpCode(204)
  @Operation('LibraryDelete', 'Take an image out of the library')
  remove(@Granted() grant: Grant<'LibraryDelete'>, @Param('ref') ref: string): Promise<void> {
    return this.library.remove(grant, ref)
  }
}
