import { Injectable, Logger } from '@nestjs/common'
import { AppError } from '../common/errors.js'
import { type CatalogSearch, type FoundRepository, RegistryCatalog } from '../common/registry-catalog.js'
import { RegistryStore } from '../store/registries.store.js'
import type { RegistryRow } from '../store/schema.js'
import { isHub } from './registry-address.js'
import { RegistryContent } from './registry-content.js'
import { RegistryIdentities } from './registry-identities.js'

/** A registry's catalog can't be searched, only read: so much of it is. */
const PAGE = 1_000
const MOST_PAGES = 20
/** Nobody is shown more. */
const MOST_FOUND = 1_000

/** Searches the catalogs of a team's registries, all at once. */
@Injectable()
export class TeamRegistryCatalog extends RegistryCatalog {
  private readonly log = new Logger('registries')

  constructor(
    private readonly registries: RegistryStore,
    private readonly identities: RegistryIdentities,
  ) {
    super()
  }

  async search(teamId: string, term: string, limit: number): Promise<CatalogSearch> {
    const rows = (await this.registries.inTeams({ teamIds: [teamId] })).filter(({ address }) => !isHub(address))
    const answers = await Promise.all(rows.map((row) => this.searchIn(row, term.toLowerCase())))
    const found = answers.flatMap((answer) => answer.found).sort((a, b) => (a.reference < b.reference ? -1 : 1))
    const failed = answers.flatMap((answer) => answer.failed)
    return { searched: rows.length - failed.length, found: found.slice(0, limit), failed }
  }

  private async searchIn(row: RegistryRow, term: string): Promise<CatalogSearch> {
    try {
      return { searched: 1, found: await this.read(row, term), failed: [] }
    } catch (error) {
      if (!(error instanceof AppError)) this.log.error(error)
      return {
        searched: 0,
        found: [],
        failed: [{ registry: row.name, error: error instanceof AppError ? error : new AppError('INTERNAL') }],
      }
    }
  }

  private async read(row: RegistryRow, term: string): Promise<FoundRepository[]> {
    const content = new RegistryContent(this.identities.session(row))
    const names = new Set<string>()
    let query: string | null = `?n=${PAGE}`
    for (let page = 0; query !== null && page < MOST_PAGES && names.size < MOST_FOUND; page++) {
      const catalog = await content.catalog(query)
      catalog.names.filter((name) => name.toLowerCase().includes(term)).forEach((name) => names.add(name))
      query = catalog.next
    }
    return [...names].map((repository) => ({
      registry: row.name,
      address: row.address,
      repository,
      reference: `${row.address}/${repository}`,
    }))
  }
}
