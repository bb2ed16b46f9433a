import { AppError } from '../common/errors.js'
import type { Manifest } from './dto/repository.dto.js'
import { MANIFEST_LIMIT, manifestOf, MANIFESTS } from './manifest.js'
import { nextQuery } from './next-link.js'
import type { RegistryAnswer } from './registry-http.js'
import { jsonOf, type RegistrySession } from './registry-session.js'

const LIST_LIMIT = 8 << 20
const CATALOG = '/v2/_catalog'
/** A registry that always names a next page would hold a request for ever. */
const MAX_PAGES = 100
/** Of all pages of one list: a hundred thousand long tags. */
const MOST_BYTES = 16 << 20

/** One page of the catalog as the registry gives it. */
export interface CatalogPage {
  readonly names: readonly string[]
  /** Query of the next page; null on the last. */
  readonly next: string | null
}

/** Lists and manifests of one registry, by the distribution specification. */
export class RegistryContent {
  constructor(private readonly session: RegistrySession) {}

  /** @param query `?n=100`, or what the page before said. */
  async catalog(query: string): Promise<CatalogPage> {
    const answer = await this.session.ask({ path: `${CATALOG}${query}`, scope: 'registry:catalog:*', limit: LIST_LIMIT })
    if (answer.status !== 200) throw this.problem(answer, 'it has no catalog')
    return { names: this.strings(answer, 'repositories'), next: nextQuery(answer.headers.link, CATALOG) }
  }

  /** All tags, unsorted; empty for a repository whose last one was deleted. @throws AppError NOT_FOUND */
  async tags(repository: string): Promise<string[]> {
    const path = `/v2/${repository}/tags/list`
    const tags = new Set<string>()
    let bytes = 0
    let query: string | null = ''
    for (let page = 0; query !== null && page < MAX_PAGES; page++) {
      const answer: RegistryAnswer = await this.session.ask({ path: path + query, scope: pull(repository), limit: LIST_LIMIT })
      if (answer.status !== 200) throw this.problem(answer, 'it lists no tags')
      bytes += answer.body.length
      if (bytes > MOST_BYTES)
        throw new AppError('REGISTRY_PROTOCOL', { address: this.session.registry.address, reason: 'its list of tags is too long' })
      this.strings(answer, 'tags').forEach((tag) => tags.add(tag))
      query = nextQuery(answer.headers.link, path)
    }
    return [...tags]
  }

  /** @throws AppError NOT_FOUND, REGISTRY_PROTOCOL when it is not what its digest says */
  async manifest(repository: string, reference: string): Promise<Manifest> {
    const path = `/v2/${repository}/manifests/${reference}`
    const answer = await this.session.ask({ path, scope: pull(repository), accept: MANIFESTS, limit: MANIFEST_LIMIT })
    if (answer.status !== 200) throw this.problem(answer, 'it gives no manifest')
    return manifestOf(answer, { address: this.session.registry.address, repository, reference })
  }

  /** What the registry says that a tag stands for; null where it does not say. */
  async digest(repository: string, tag: string): Promise<string | null> {
    const path = `/v2/${repository}/manifests/${tag}`
    const answer = await this.session.ask({ method: 'HEAD', path, scope: pull(repository), accept: MANIFESTS })
    const digest = answer.headers['docker-content-digest']
    return answer.status === 200 && typeof digest === 'string' ? digest : null
  }

  /** @throws AppError NOT_FOUND, REGISTRY_UNSUPPORTED */
  async remove(repository: string, digest: string): Promise<void> {
    const path = `/v2/${repository}/manifests/${digest}`
    const answer = await this.session.ask({ method: 'DELETE', path, scope: `repository:${repository}:delete` })
    if (answer.status < 200 || answer.status > 299) throw this.problem(answer, 'it deletes nothing')
  }

  private problem({ status, body }: RegistryAnswer, reason: string): AppError {
    const { address } = this.session.registry
    const codes = codesOf(body)
    if (status === 405 || codes.includes('UNSUPPORTED')) return new AppError('REGISTRY_UNSUPPORTED', { address, reason })
    if (status === 404) {
      const missing = codes.some((code) => /^(?:NAME|MANIFEST|BLOB)_UNKNOWN$|^NOT_FOUND$/.test(code))
      return missing ? new AppError('NOT_FOUND') : new AppError('REGISTRY_UNSUPPORTED', { address, reason })
    }
    return new AppError('REGISTRY_PROTOCOL', { address, reason: `it answers ${status}` })
  }

  private strings({ body }: RegistryAnswer, key: string): string[] {
    const { address } = this.session.registry
    const list = (jsonOf(body, address) as Record<string, unknown> | null)?.[key] ?? []
    if (Array.isArray(list) && list.every((each) => typeof each === 'string' && each.length <= 512)) return list as string[]
    throw new AppError('REGISTRY_PROTOCOL', { address, reason: `its ${key} are no list of names` })
  }
}

function pull(repository: string): string {
  return `repository:${repository}:pull`
}

/** The codes of a registry's error, of which nothing else is believed. */
function codesOf(body: Buffer): string[] {
  try {
    const { errors } = JSON.parse(body.toString('utf8')) as { errors?: { code?: unknown }[] }
    return Array.isArray(errors) ? errors.map(({ code }) => (typeof code === 'string' ? code : '')) : []
  } catch {
    return []
  }
}
