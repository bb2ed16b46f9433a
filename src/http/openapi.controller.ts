import { Controller, Get } from '@nestjs/common'
import { ApiOkResponse } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { ContractDocument } from './contract-document.js'
import { Granted, Operation } from './operation.decorator.js'

@Controller('openapi.json')
export class OpenApiController {
  constructor(private readonly document: ContractDocument) {}

  /** This document. */
  @Get()
  @Operation('OpenApi')
  @ApiOkResponse({ description: 'OpenAPI 3.1', schema: { type: 'object', additionalProperties: true } })
  read(@Granted() grant: Grant<'OpenApi'>): Readonly<Record<string, unknown>> {
    return this.document.read(grant)
  }
}
