import { Injectable } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import { AppError } from '../common/errors.js'
import { decodeCursor, DEFAULT_LIMIT, encodeCursor, pageOf } from '../common/paging.js'
import { RegistryStore } from '../store/registries.store.js'
import type {
  ListRepositoriesQuery,
  ListTagsQuery,
  Manifest,
  ManifestDeletion,
  RepositoryPage,
  RepositoryTagPage,
} from './dto/repository.dto.js'
import { queryOf } from './next-link.js'
import { RegistryContent } from './registry-content.js'
import { RegistryIdentities } from './registry-identities.js'
import { assertRepository, assertTagOrDigest, isDigest } from './repository-names.js'

/** Tags that are looked at for one deletion, and how many at once. */
const MOST_TAGS = 1_000
const AT_ONCE = 8

/** What is in a registry: repositories, their tags, and what these stand for. */
@Injectable()
export class Repositories {
  constructor(
    private readonly store: RegistryStore,
    private readonly identities: RegistryIdentities,
  ) {}

  /** @throws AppError REGISTRY_UNSUPPORTED where there is no catalog (Docker Hub) */
  async list(grant: Grant<'RepositoryList'>, { limit = DEFAULT_LIMIT, cursor }: ListRepositoriesQuery): Promise<RepositoryPage> {
    const { content, address } = await this.open(grant)
    const at = cursor === undefined ? null : decodeCursor(cursor)
    // the registry's own mark, or the last name where it gave all at once
    const { names, next } = await content.catalog(at?.startsWith('?') ? queryOf(at) : `?n=${limit}`)
    const items = names.map((name) => ({ name, reference: `${address}/${name}` }))
    if (next !== null || at?.startsWith('?')) return { items, nextCursor: next === null ? null : encodeCursor(next) }
    return pageOf(items, { key: ({ name }) => name }, { cursor, limit })
  }

  /** @throws AppError NOT_FOUND */
  async tags(grant: Grant<'RepositoryTags'>, repository: string, query: ListTagsQuery): Promise<RepositoryTagPage> {
    const { content, address } = await this.open(grant, repository)
    const items = (await content.tags(repository)).map((name) => ({ name, reference: `${address}/${repository}:${name}` }))
    return pageOf(items, { key: ({ name }) => name }, query)
  }

  /** @throws AppError NOT_FOUND, REGISTRY_PROTOCOL when the registry lies about a digest */
  async manifest(grant: Grant<'ManifestInspect'>, repository: string, reference: string): Promise<Manifest> {
    const { content } = await this.open(grant, repository)
    assertTagOrDigest(reference)
    return content.manifest(repository, reference)
  }

  /** A registry takes only digests for this: all tags on the manifest go, so they are found first and named after. */
  async remove(grant: Grant<'ManifestDelete'>, repository: string, reference: string): Promise<ManifestDeletion> {
    const { content } = await this.open(grant, repository)
    assertTagOrDigest(reference)
    const { digest } = await content.manifest(repository, reference)
    const { tags, complete } = await tagsOn(content, repository, digest)
    await content.remove(repository, digest)
    const all = new Set([...tags, ...(isDigest(reference) ? [] : [reference])])
    return { digest, tags: [...all].sort(), complete }
  }

  /** Would `remove` find it? Whether the registry deletes at all, only a deletion tells. */
  async tryRemove(grant: Grant<'ManifestDelete'>, repository: string, reference: string): Promise<void> {
    const { content } = await this.open(grant, repository)
    assertTagOrDigest(reference)
    await content.manifest(repository, reference)
  }

  private async open(
    grant: Grant<'RepositoryList' | 'RepositoryTags' | 'ManifestInspect' | 'ManifestDelete'>,
    repository?: string,
  ): Promise<{ content: RegistryContent; address: string }> {
    const row = await this.store.find(grant.target.id)
    if (!row) throw new AppError('NOT_FOUND')
    if (repository !== undefined) assertRepository(row.address, repository)
    return { content: new RegistryContent(this.identities.session(row)), address: row.address }
  }
}

async function tagsOn(content: RegistryContent, repository: string, digest: string): Promise<{ tags: string[]; complete: boolean }> {
  const all = await content.tags(repository)
  const left = all.slice(0, MOST_TAGS)
  const tags: string[] = []
  const look = async (): Promise<void> => {
    for (let tag = left.pop(); tag !== undefined; tag = left.pop()) if ((await content.digest(repository, tag)) === digest) tags.push(tag)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, look))
  return { tags, complete: all.length <= MOST_TAGS }
}
