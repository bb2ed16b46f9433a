import 'reflect-metadata'
import { Parser } from '@asyncapi/parser'
import { IsInt, IsOptional, IsString, Max, MaxLength } from 'class-validator'
import { describe, expect, it } from 'vitest'
import { asyncApiDocument } from './asyncapi.js'
import { paramsSchema } from './params-schema.js'

class Params {
  @IsString({ each: true })
  @MaxLength(64, { each: true })
  names!: string[]

  @IsOptional()
  @IsInt()
  @Max(7)
  level?: number
}

const KINDS = [{ kind: 'test.one', operation: 'ContainerLogs', params: Params, summary: 'A test' }] as const

describe('the AsyncAPI document', () => {
  it('is valid', async () => {
    const { document: parsed, diagnostics } = await new Parser().parse(JSON.stringify(asyncApiDocument(KINDS, '1.0.0')))
    // there is none when it has an error
    expect({ parsed: parsed !== undefined, diagnostics }).toMatchObject({ parsed: true })
    // the parser alone takes seconds to load on a busy machine
  }, 60_000)

  it('names the permission of each kind', () => {
    const { operations } = asyncApiDocument(KINDS, '1.0.0') as { operations: Record<string, object> }
    expect(operations['open-test.one']).toMatchObject({
      action: 'receive',
      'x-operation': 'ContainerLogs',
      'x-permission': 'containers.logs',
    })
  })

  it('describes params by what is checked', () => {
    expect(paramsSchema(Params)).toEqual({
      type: 'object',
      required: ['names'],
      properties: { names: { type: 'array', items: { type: 'string', maxLength: 64 } }, level: { type: 'integer', maximum: 7 } },
      additionalProperties: false,
    })
  })
})
