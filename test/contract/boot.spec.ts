/** Closed by default: what has no row in the operations table stops the process from starting. */
import 'reflect-metadata'
import { Controller, Get, Module, type Provider, type Type } from '@nestjs/common'
import { DiscoveryModule, NestFactory } from '@nestjs/core'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { describe, expect, it } from 'vitest'
import { type Grant, type OperationId, OPERATIONS } from '../../src/access/index.js'
import { Coverage } from '../../src/http/coverage.js'
import { prepareEdge } from '../../src/http/edge.js'
import { Granted, Operation } from '../../src/http/operation.decorator.js'
import { assertOffered, type AnyKind } from '../../src/streams/registry.js'

@Controller('naked')
class Naked {
  @Get()
  read(): object {
    return {}
  }
}

@Controller('decided')
class Decided {
  @Get()
  @Operation('SystemVersion')
  read(@Granted() _grant: Grant<'SystemVersion'>): object {
    return {}
  }
}

@Controller('hidden')
class Hidden {
  @Get()
  @Operation('SwarmInit')
  read(@Granted() _grant: Grant<'SwarmInit'>): object {
    return {}
  }
}

async function boot(controllers: Type[], providers: Provider[] = [], edge = false): Promise<void> {
  @Module({ imports: [DiscoveryModule], controllers, providers })
  class Tiny {}
  const app = await NestFactory.create<NestFastifyApplication>(Tiny, new FastifyAdapter(), { logger: false, abortOnError: false })
  try {
    if (edge) prepareEdge(app)
    await app.init()
  } finally {
    await app.close()
  }
}

describe('the start', () => {
  it('accepts a handler whose operation is offered', async () => {
    // It is the only one of this tiny application, so what is missed are all the others.
    await expect(boot([Decided], [Coverage], true)).rejects.toThrow(/without a handler: (?!.*\bSystemVersion\b)/)
  })

  it('refuses a handler without an operation', async () => {
    await expect(boot([Naked], [Coverage])).rejects.toThrow('Naked.read has no row in the operations table')
  })

  it('refuses a handler of an operation that is not offered', async () => {
    await expect(boot([Hidden], [Coverage])).rejects.toThrow('not offered in the operations table: SwarmInit')
  })

  it('refuses a route without an operation, even where nothing checks the handlers', async () => {
    await expect(boot([Naked], [], true)).rejects.toThrow('GET /naked has no row in the operations table')
  })

  it('refuses a route that a plugin adds beside Nest', async () => {
    const app = await NestFactory.create<NestFastifyApplication>(class Empty {}, new FastifyAdapter(), { logger: false })
    prepareEdge(app)
    expect(() =>
      app
        .getHttpAdapter()
        .getInstance()
        .get('/debug', () => 'x'),
    ).toThrow('GET /debug has no row in the operations table')
    await app.close()
  })

  it('refuses to leave an offered operation without a handler', async () => {
    await expect(boot([Decided], [Coverage])).rejects.toThrow(/offered over rest, but without a handler: .*ContainerList/)
  })
})

describe('the start of streams', () => {
  const kind = (operation: string, covers: string[] = []): AnyKind => ({
    kind: 'test.kind',
    operation: operation as OperationId,
    covers: covers as OperationId[],
    params: class {},
    summary: '',
  })

  it('accepts a source whose operation is offered over sockets', () => {
    const offered = Object.entries(OPERATIONS).flatMap(([id, { edge }]) => (edge === 'stream' || edge === 'both' ? [id] : []))
    expect(() => assertOffered([kind(offered[0]!, offered.slice(1))])).not.toThrow()
  })

  it('refuses a source without an operation', () => {
    expect(() => assertOffered([kind('ContainerSpy')])).toThrow('no row ContainerSpy in the operations table')
    expect(() => assertOffered([kind('JobProgress', ['ContainerSpy'])])).toThrow('no row ContainerSpy')
  })

  it('refuses a source of an operation that is not offered over sockets', () => {
    expect(() => assertOffered([kind('ContainerDelete')])).toThrow('not offered over sockets')
  })

  it('refuses to leave an operation of sockets without a source', () => {
    expect(() => assertOffered([kind('JobProgress')])).toThrow(/without a stream source: .*ContainerExec/)
  })
})
