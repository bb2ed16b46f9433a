import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger'
import { ContractDocument } from './contract-document.js'

/** The reference page at /docs. All of it comes from this server, so that it works without the internet. */
export function serveReference(app: NestFastifyApplication): void {
  SwaggerModule.setup('docs', app, () => app.get(ContractDocument).parsed as unknown as OpenAPIObject, {
    raw: false,
    customSiteTitle: 'Berth API',
    swaggerOptions: { tagsSorter: 'alpha', operationsSorter: 'alpha' },
  })
}
