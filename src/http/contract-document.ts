import { Injectable } from '@nestjs/common'
import { readFileSync } from 'node:fs'
import type { Grant } from '../access/index.js'

/** From src/http and from dist/http alike. */
const FILE = new URL('../../api/openapi.json', import.meta.url)

/** The committed document: what is served is what clients were generated from, in every way that this code is run. */
@Injectable()
export class ContractDocument {
  private document: Readonly<Record<string, unknown>> | undefined

  /** Read at its first use, since it is not there yet when it is generated for the first time. */
  get parsed(): Readonly<Record<string, unknown>> {
    this.document ??= JSON.parse(readFileSync(FILE, 'utf8')) as Record<string, unknown>
    return this.document
  }

  read(_grant: Grant<'OpenApi'>): Readonly<Record<string, unknown>> {
    return this.parsed
  }
}
