import { listOf, object, type Shape } from './answer-shape.js'
import type { CallOptions, EngineClient } from './client.js'
import type { Transfer } from './engine-error.js'
import { fullId, imageReference, query, repository, tagOrDigest } from './engine-path.js'
import { withBody } from './modem.js'
import { progressOf } from './progress.js'
import type {
  DistributionInspect,
  ImageHistoryItem,
  ImageInspect,
  ImageRemoved,
  ImageSearchItem,
  ImageSummary,
  ProgressEvent,
} from './types.js'

/** Credentials of a registry, as the engine's X-Registry-Auth header takes them. */
export interface RegistryAuth {
  readonly username?: string
  readonly password?: string
  readonly identitytoken?: string
  /** In the place of the others: shown to the registry as it is, and no realm is asked. */
  readonly registrytoken?: string
  readonly serveraddress?: string
}

/** One image to pull or push. */
export interface TransferOptions {
  /** `registry.example:5000/app`, without tag. */
  readonly repository: string
  /** A tag or a `sha256:` digest; never empty, or the engine would pull every tag. */
  readonly tag: string
  readonly auth?: RegistryAuth
  /** Aborting ends the engine's work too: it stops when the connection closes. */
  readonly signal?: AbortSignal
}

/** What a commit makes of a container. */
export interface CommitOptions {
  readonly repository: string
  readonly tag: string
  readonly message?: string
  readonly author?: string
  readonly changes: readonly string[]
  readonly pause: boolean
  /** Over those of the container. */
  readonly labels: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Seconds: layers are deleted file by file. */
const SLOW_REMOVE = 90

const SUMMARY: Shape<ImageSummary> = object({ Id: 'string', Created: 'number', Size: 'number' })
const INSPECT: Shape<ImageInspect> = object({ Id: 'string', RootFS: 'object', Size: 'number' })
const HISTORY: Shape<ImageHistoryItem> = object({ Id: 'string', CreatedBy: 'string' })
const REMOVED: Shape<ImageRemoved[]> = listOf(object({}))
const COMMITTED: Shape<{ readonly Id: string }> = object({ Id: 'string' })
const FOUND: Shape<ImageSearchItem> = object({ name: 'string' })
const DISTRIBUTION: Shape<DistributionInspect> = object({ Descriptor: 'object' })

/** The engine's image calls. An image is named by `sha256:` id or by a reference in the distribution grammar. */
export class Images {
  constructor(private readonly client: EngineClient) {}

  /** Also untagged ones; no intermediate layers. */
  list(): Promise<ImageSummary[]> {
    return this.client.json(listOf(SUMMARY), (docker) => docker.listImages())
  }

  inspect(image: string): Promise<ImageInspect> {
    return this.client.json(INSPECT, (docker) => docker.getImage(imageReference(image)).inspect())
  }

  history(image: string): Promise<ImageHistoryItem[]> {
    return this.client.json(listOf(HISTORY), (docker) => docker.getImage(imageReference(image)).history())
  }

  async tag(image: string, target: { repository: string; tag: string }): Promise<void> {
    const to = { repo: repository(target.repository), tag: tagOrDigest(target.tag) }
    await this.client.act((docker) => docker.getImage(imageReference(image)).tag(to))
  }

  /** By reference it drops that reference; by id also its one name. Never with force, which drops everybody's. */
  remove(image: string): Promise<ImageRemoved[]> {
    return this.client.json(REMOVED, (docker) => docker.getImage(imageReference(image)).remove(), { graceSeconds: SLOW_REMOVE })
  }

  /** Progress until it is done; a failure is thrown as PULL_FAILED, coarse on purpose: exact texts would make it a port scanner. */
  pull(options: TransferOptions): AsyncGenerator<ProgressEvent> {
    const { tag, auth, signal } = options
    const path = `/images/create${query({ fromImage: repository(options.repository), tag: tagOrDigest(tag) })}`
    return this.transfer(path, { signal, headers: registryAuth(auth), doing: { verb: 'pull' } })
  }

  /** Progress of a push; needs the tag to be present. Without credentials the header must still be there. */
  push(options: TransferOptions): AsyncGenerator<ProgressEvent> {
    const { tag, auth, signal } = options
    const path = `/images/${imageReference(options.repository)}/push${query({ tag: tagOrDigest(tag) })}`
    return this.transfer(path, { signal, headers: registryAuth(auth ?? {}), doing: { verb: 'push' } })
  }

  /** What the hub, or the registry in front of the term, finds; SEARCH_FAILED where it does not answer. */
  search(term: string, options: { limit: number; auth?: RegistryAuth; signal?: AbortSignal }): Promise<ImageSearchItem[]> {
    const { limit, auth, signal } = options
    return this.client.json(listOf(FOUND), (docker) => docker.searchImages({ term, limit }), {
      signal,
      headers: registryAuth(auth),
      doing: { verb: 'search' },
    })
  }

  /** Asks the registry, through the engine, which digest a reference has now. PULL_FAILED as in pull. */
  distributionInspect(reference: string, options: { auth?: RegistryAuth; signal?: AbortSignal } = {}): Promise<DistributionInspect> {
    const { auth, signal } = options
    return this.client.json(DISTRIBUTION, (docker) => docker.getImage(imageReference(reference)).distribution(), {
      signal,
      headers: registryAuth(auth),
      doing: { verb: 'pull' },
    })
  }

  /** Content without a name that has the label (`key=value`), and that no other is made of. */
  unnamed(label: string): Promise<ImageSummary[]> {
    return this.client.json(listOf(SUMMARY), (docker) =>
      docker.listImages({ filters: JSON.stringify({ dangling: ['true'], label: [label] }) }),
    )
  }

  /**
   * Makes an image of a container, and answers its id. It goes on where it is given up: the engine can't stop it (20.10).
   * `changes` are lines of a Dockerfile.
   */
  async commit(container: string, { repository: name, tag, ...options }: CommitOptions): Promise<string> {
    const { message: comment, author, changes, pause, labels, signal } = options
    const asked = { container: fullId(container), repo: repository(name), tag: tagOrDigest(tag), comment, author, pause }
    // one parameter with all of them: a list would come as json
    const inQuery = { ...asked, ...(changes.length > 0 && { changes: changes.join('\n') }) }
    const made = await this.client.json(
      COMMITTED,
      (docker) => docker.getContainer(container).commit(withBody({ Labels: labels }, inQuery)),
      {
        signal,
        endless: true,
        doing: { verb: 'commit' },
      },
    )
    return made.Id
  }

  /** The images as `docker save` has them, without names. A chunk is valid until the next is asked for. */
  async save(ids: readonly string[], { signal }: { signal?: AbortSignal } = {}): Promise<AsyncGenerator<Uint8Array>> {
    const names = ids.map((id) => `names=${encodeURIComponent(imageReference(id))}`).join('&')
    return (await this.client.openBulk(`/images/get?${names}`, { signal, endless: true })).chunks
  }

  /** Takes an archive of `docker save`; what it names is named so on the engine. */
  load(tar: AsyncIterable<Uint8Array>, { signal }: { signal?: AbortSignal } = {}): AsyncGenerator<ProgressEvent> {
    return this.transfer(`/images/load${query({ quiet: false })}`, { signal, upload: tar, doing: { verb: 'import' } })
  }

  /** Makes a one-layer image of a root file system's tar; the last event's status is its id. */
  importTar(
    tar: AsyncIterable<Uint8Array>,
    target: { repository: string; tag: string; changes?: readonly string[]; message?: string | undefined; signal?: AbortSignal },
  ): AsyncGenerator<ProgressEvent> {
    const changes = (target.changes ?? []).map((line) => `&changes=${encodeURIComponent(line)}`).join('')
    const path = `/images/create${query({ fromSrc: '-', repo: repository(target.repository), tag: tagOrDigest(target.tag), message: target.message })}${changes}`
    return this.transfer(path, { signal: target.signal, upload: tar, doing: { verb: 'import' } })
  }

  /** Endless: the head comes with the first progress, and a slow registry may take minutes to that. */
  private transfer(path: string, options: CallOptions & { doing: { verb: Transfer } }): AsyncGenerator<ProgressEvent> {
    return progressOf(options.doing.verb, (opening) => {
      const signal = options.signal ? AbortSignal.any([options.signal, opening]) : opening
      return this.client.stream('POST', path, { ...options, signal, endless: true })
    })
  }
}

function registryAuth(auth: RegistryAuth | undefined): Record<string, string> {
  if (!auth) return {}
  // base64 of RFC 4648 section 5, but with its padding: without, the engine takes it for no credentials, without a word (20.10)
  const text = Buffer.from(JSON.stringify(auth)).toString('base64')
  return { 'X-Registry-Auth': text.replaceAll('+', '-').replaceAll('/', '_') }
}
