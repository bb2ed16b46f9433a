/** An image of 250 MB from the registry beside the engine: a pull job against the engine's own /images/create. */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { tarOf } from '../../scripts/tar.js'
import { layerOf, pushImage, type Layer } from '../../test/support/images.js'
import type { Figure } from '../support/figure.js'
import type { Http } from '../support/http.js'
import { timed } from '../support/load.js'
import { ms, times } from '../support/report.js'
import { compare } from '../support/rounds.js'

const MEGABYTES = 250
const ROUNDS = 3

export const pull: Figure = {
  name: 'pull',
  async run({ world, plan }) {
    const megabytes = plan.quick ? 1 : MEGABYTES
    const repository = `bench/random-${world.id}`
    const reference = `${world.bed.registryHost}/${repository}:1`
    const layers = [randomLayer(megabytes)]
    const digest = await pushImage(world.bed.registry, {
      repository,
      tags: ['1'],
      layers,
      config: { Cmd: ['/none'], Labels: { run: world.id } },
    })
    const [user, direct] = [world.user(), world.engine()]
    const { engine, gateway } = await compare<'ms'>(Math.min(ROUNDS, plan.rounds), {
      engine: async () => {
        const took = await timed(() => direct.drain('POST', `/images/create?fromImage=${world.bed.registryHost}/${repository}&tag=1`))
        await direct.drain('DELETE', `/images/${reference}`)
        await assertGone(direct, repository, digest)
        return { ms: took }
      },
      gateway: async () => {
        const took = await timed(() => world.job(user, '/images/pull', { reference }))
        await user.drain('DELETE', `/api/v1/images/${encodeURIComponent(reference)}`)
        await assertGone(direct, repository, digest)
        return { ms: took }
      },
    })
    user.close()
    direct.close()
    return [
      {
        figure: `pull of ${megabytes} MB`,
        engine: ms(engine.ms),
        gateway: ms(gateway.ms),
        compared: times(gateway.ms / engine.ms),
      },
    ]
  },
}

/** What stays on the engine would not be pulled again. */
async function assertGone(engine: Http, repository: string, digest: string): Promise<void> {
  const images = await engine.json<{ RepoTags: string[] | null; RepoDigests: string[] | null }[]>('GET', '/images/json?all=true')
  const left = images.flatMap(({ RepoTags, RepoDigests }) => [...(RepoTags ?? []), ...(RepoDigests ?? [])])
  const ours = left.filter((name) => name.includes(repository) || name.endsWith(digest))
  if (ours.length > 0) throw new Error(`the image is still on the engine: ${ours.join(' ')}`)
}

/** Random bytes do not compress; made once for each machine, since that takes longer than the pull. */
function randomLayer(megabytes: number): Layer {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'berth-bench')
  mkdirSync(cache, { recursive: true })
  const [blob, diffId] = [join(cache, `random-${megabytes}.tar.gz`), join(cache, `random-${megabytes}.diffid`)]
  const createdBy = 'ADD random /'
  if (existsSync(diffId)) return { blob: readFileSync(blob), diffId: readFileSync(diffId, 'utf8'), createdBy }
  const layer = layerOf(tarOf({ random: randomBytes(megabytes * 1_000_000) }), createdBy)
  writeFileSync(`${blob}.part`, layer.blob)
  renameSync(`${blob}.part`, blob)
  // written last: it says that the blob is whole
  writeFileSync(diffId, layer.diffId)
  return layer
}
