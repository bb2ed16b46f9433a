/** An image of a gigabyte out as an archive, one in, and a build with so large a context: how fast it passes, and what of it the gateway holds meanwhile. */
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { TAR_END, tarHeader, tarPadding } from '../../src/common/tar-writer.js'
import type { Figure } from '../support/figure.js'
import type { Http } from '../support/http.js'
import { passed } from './bytes.js'

const CHUNK = Buffer.alloc(256 * 1024)

/** The answer comes with the end of the job. */
const WAITING = { prefer: 'wait=60' }

/** An archive of docker save with one image of one layer. */
interface Archive {
  readonly id: string
  readonly reference: string
  readonly bytes: () => Generator<Buffer>
}

interface Job {
  readonly state: string
  readonly error: { readonly detail: string } | null
}

export const imageBytes: Figure = {
  name: 'image-bytes',
  async run(bench) {
    const { world, plan } = bench
    const size = plan.quick ? 1_000_000 : 1_000_000_000
    // two contents: the engine does not load what it has
    const [saved, loaded] = [archiveOf(size, `bench/saved-${world.id}:1`, 1), archiveOf(size, `bench/loaded-${world.id}:1`, 2)]
    const built = `bench/built-${world.id}:1`
    const user = world.user()
    await load(user, saved)
    const rows = await passed(bench, [
      {
        figure: 'save of 1 GB',
        size,
        engine: (client) => client.receive(`/images/get?names=${saved.id}`),
        gateway: (client) => client.receive(`/api/v1/images/${encodeURIComponent(saved.reference)}/save`),
      },
      {
        figure: 'load of 1 GB',
        size,
        throughPipe: true,
        why: 'each layer is hashed here too (0.6 s of a core), since the engine does not read what it has already and would believe the list',
        engine: (client) => client.upload('POST', '/images/load', loaded.bytes()),
        gateway: (client) => load(client, loaded),
        after: {
          engine: (client) => client.drain('DELETE', `/images/${loaded.reference}`),
          gateway: (client) => remove(client, loaded),
        },
      },
      {
        figure: 'build with a context of 1 GB',
        size,
        throughPipe: true,
        why: 'the two steps of the mark take 0.15 s, one before and one after those of the client: by it what a build leaves is known, whatever ended it',
        engine: (client) => client.upload('POST', `/build?t=${built}&nocache=true`, contextOf(size)),
        gateway: async (client) => {
          await client.upload('POST', `/api/v1/images/build?reference=${built}&noCache=true`, contextOf(size), WAITING)
          await ended(client, 'images.build')
        },
        after: {
          engine: (client) => client.drain('DELETE', `/images/${built}`),
          gateway: (client) => remove(client, { reference: built }),
        },
      },
    ])
    await remove(user, saved)
    user.close()
    return rows
  },
}

/** Sends the archive and waits until the engine has it, as the engine's own answer does. */
async function load(client: Http, archive: Archive): Promise<void> {
  await client.upload('POST', '/api/v1/images/load', archive.bytes(), WAITING)
  await ended(client, 'images.load')
}

/** Waits for the newest job of the kind. */
async function ended(client: Http, kind: string): Promise<void> {
  for (;;) {
    const { items } = await client.json<{ items: Job[] }>('GET', `/api/v1/jobs?kind=${kind}&limit=1`)
    const [job] = items
    if (job?.state === 'succeeded') return
    if (job?.state !== 'running') throw new Error(`${kind}: ${job?.state} ${job?.error?.detail ?? ''}`)
    await delay(5)
  }
}

async function remove(client: Http, { reference }: Pick<Archive, 'reference'>): Promise<void> {
  await client.drain('DELETE', `/api/v1/images/${encodeURIComponent(reference)}`)
}

function archiveOf(size: number, reference: string, second: number): Archive {
  const layer = layerOf(size, new Date(second * 1_000))
  const hash = createHash('sha256')
  let length = 0
  for (const chunk of layer()) {
    hash.update(chunk)
    length += chunk.length
  }
  const rootfs = { type: 'layers', diff_ids: [`sha256:${hash.digest('hex')}`] }
  const config = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', config: { Cmd: ['/none'] }, rootfs, history: [{ created_by: 'x' }] }),
  )
  const hex = createHash('sha256').update(config).digest('hex')
  const manifest = Buffer.from(JSON.stringify([{ Config: `${hex}.json`, RepoTags: [reference], Layers: ['layer/layer.tar'] }]))
  function* bytes(): Generator<Buffer> {
    yield* entry(`${hex}.json`, config.length, [config])
    yield* entry('layer/layer.tar', length, layer())
    yield* entry('manifest.json', manifest.length, [manifest])
    yield TAR_END
  }
  return { id: `sha256:${hex}`, reference, bytes }
}

/**
 * A context in which the Dockerfile comes last, so that all of it has to pass before it is known what is built. It ends as nearly
 * all do: the engine syncs the disk at a step that is not a COPY, which takes 0.4 s after a gigabyte. Here there is always such a step, our mark.
 */
function* contextOf(size: number): Generator<Buffer> {
  const [small, dockerfile] = [Buffer.from('small'), Buffer.from('FROM scratch\nCOPY small /small\nCMD ["/small"]\n')]
  yield* entry('big', size, blanks(size))
  yield* entry('small', small.length, [small])
  yield* entry('Dockerfile', dockerfile.length, [dockerfile])
  yield TAR_END
}

function* blanks(size: number): Generator<Buffer> {
  for (let left = size; left > 0; left -= CHUNK.length) yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK
}

function layerOf(size: number, modified: Date): () => Generator<Buffer> {
  return function* () {
    yield tarHeader({ name: 'big', type: 'file', size, mode: 0o644, uid: 0, gid: 0, modified, link: '' })
    yield* blanks(size)
    yield tarPadding(size)
    yield TAR_END
  }
}

function* entry(name: string, size: number, content: Iterable<Buffer>): Generator<Buffer> {
  yield tarHeader({ name, type: 'file', size, mode: 0o644, uid: 0, gid: 0, modified: new Date(0), link: '' })
  yield* content
  yield tarPadding(size)
}
