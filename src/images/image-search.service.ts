import { Injectable } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { Engine } from '../engine/index.js'
import type { SearchImagesQuery } from './dto/image.query.js'
import type { ImageSearchResult } from './dto/image.response.js'

const DEFAULT_LIMIT = 25

/** Images that the hub knows. */
@Injectable()
export class ImageSearch {
  constructor(private readonly engine: Engine) {}

  /** @throws AppError INVALID_REQUEST, SEARCH_FAILED when the hub can not be reached */
  async search(_grant: Grant<'ImageSearch'>, query: SearchImagesQuery): Promise<ImageSearchResult> {
    assertOfHub(query.term)
    const found = await this.engine.images.search(query.term, { limit: query.limit ?? DEFAULT_LIMIT })
    const items = found.map(({ name, description, star_count: stars, is_official: official }) => ({
      name,
      description: description ?? '',
      stars: stars ?? 0,
      official: official ?? false,
      registry: 'docker.io',
    }))
    return { items }
  }
}

/** The engine asks whatever host stands before a slash, also one of its own network. */
function assertOfHub(term: string): void {
  const first = term.includes('/') ? term.split('/', 1)[0]! : ''
  if (!/[.:]/.test(first) && first.toLowerCase() !== 'localhost') return
  throw new AppError('INVALID_REQUEST', {
    reason: 'the hub alone is searched',
    errors: [
      { pointer: '/query/term', detail: 'must not name a registry: see GET /api/v1/registries for what the registries of your team have' },
    ],
  })
}
