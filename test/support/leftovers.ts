/** What tests left behind on an engine. The baseline is an engine with nothing but the bed's own images. */
import { engineJson } from './engine-http.js'

interface Named {
  readonly Id: string
  readonly Name: string
}

/** One line per object that should not be there: containers, networks, volumes, image tags. Empty when all is clean. */
export async function leftovers(socketPath: string): Promise<string[]> {
  const get = <T>(path: string) => engineJson<T>(socketPath, 'GET', path)
  const [containers, networks, volumes, images] = await Promise.all([
    get<{ Id: string; Names: string[]; State: string }[]>('/containers/json?all=true'),
    get<Named[]>('/networks'),
    get<{ Volumes: { Name: string }[] | null }>('/volumes'),
    get<{ Id: string; RepoTags: string[] | null; RepoDigests: string[] | null }[]>('/images/json'),
  ])
  return [
    ...containers.map(({ Id, Names, State }) => `container ${Names.join(' ')} ${Id.slice(0, 12)} (${State})`),
    ...networks.filter(({ Name }) => !DEFAULT_NETWORKS.has(Name)).map(({ Id, Name }) => `network ${Name} ${Id.slice(0, 12)}`),
    ...(volumes.Volumes ?? []).map(({ Name }) => `volume ${Name}`),
    ...images.flatMap(({ Id, RepoTags, RepoDigests }) => unexpected(Id, [...(RepoTags ?? []), ...(RepoDigests ?? [])])),
  ]
}

/** Prefix of the images that the bed itself keeps on the engine. */
export const KEPT = 'berth.test/'

const DEFAULT_NETWORKS = new Set(['bridge', 'host', 'none'])

function unexpected(id: string, references: string[]): string[] {
  const real = references.filter((reference) => !reference.startsWith('<none>'))
  const kept = real.some((reference) => reference.startsWith(KEPT))
  const foreign = real.filter((reference) => !reference.startsWith(KEPT) && !isDigestOf(reference, kept))
  if (foreign.length > 0) return foreign.map((reference) => `image ${reference}`)
  return kept ? [] : [`image ${id.slice(7, 19)} (without a tag)`]
}

/** The engine remembers the digest that a kept image was pulled by, also after its tag is gone. */
function isDigestOf(reference: string, kept: boolean): boolean {
  return kept && reference.includes('@sha256:')
}
