import { Injectable } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { RegistryCatalog } from '../common/registry-catalog.js'
import { Engine } from '../engine/index.js'
import type { SearchImagesQuery } from './dto/image.query.js'
import type { ImageSearchFailure, ImageSearchItem, ImageSearchResult } from './dto/image.response.js'

const DEFAULT_LIMIT = 25
const HUB = 'docker.io'

/** Images that the hub and the team's registries know. */
@Injectable()
export class ImageSearch {
  constructor(
    private readonly engine: Engine,
    private readonly catalog: RegistryCatalog,
  ) {}

  /** @throws AppError INVALID_REQUEST, SEARCH_FAILED when the hub can not be reached and no registry of the team could be searched */
  async search(grant: Grant<'ImageSearch'>, { term, limit = DEFAULT_LIMIT }: SearchImagesQuery): Promise<ImageSearchResult> {
    assertOfHub(term)
    const [own, hub] = await Promise.all([this.catalog.search(grant.target.team.id, term, limit), this.hub(term, limit)])
    const found = own.found.map(({ reference: name, address: registry }) => ({
      name,
      description: '',
      stars: 0,
      official: false,
      registry,
    }))
    const failed = own.failed.map(({ registry, error }) => failure(registry, error))
    if (Array.isArray(hub)) return { items: [...found, ...hub].slice(0, limit), failed }
    if (own.searched === 0) throw hub
    return { items: found, failed: [...failed, failure(HUB, hub)] }
  }

  /** What it found, or why it found nothing. */
  private async hub(term: string, limit: number): Promise<ImageSearchItem[] | AppError> {
    try {
      const found = await this.engine.images.search(term, { limit })
      return found.map(({ name, description, star_count: stars, is_official: official }) => ({
        name,
        description: description ?? '',
        stars: stars ?? 0,
        official: official ?? false,
        registry: HUB,
      }))
    } catch (error) {
      if (error instanceof AppError) return error
      throw error
    }
  }
}

function failure(registry: string, error: AppError): ImageSearchFailure {
  return { registry, code: error.code.toLowerCase(), detail: error.message, hint: error.hint }
}

/** The engine asks whatever host stands before a slash, also one of its own network. */
function assertOfHub(term: string): void {
  const first = term.includes('/') ? term.split('/', 1)[0]! : ''
  if (!/[.:]/.test(first) && first.toLowerCase() !== 'localhost') return
  throw new AppError('INVALID_REQUEST', {
    reason: 'the hub and the registries of your team are searched',
    errors: [{ pointer: '/query/term', detail: 'must not name a registry: see GET /api/v1/registries for those of your team' }],
  })
}
