import { hasLabel, LABEL_IMAGE } from '../admission/index.js'
import type { ContainerEntry } from '../engine/index.js'
import type { ListContainersQuery } from './dto/container.query.js'
import type { ContainerSummary } from './dto/container.response.js'

/** A container that is listed: as it is seen, and what it is made of. */
export interface Listed {
  readonly view: ContainerSummary
  readonly entry: ContainerEntry
  readonly teamId: string
  readonly keys: SortKeys
}

/** Texts whose order is the order of a list. */
export interface SortKeys {
  readonly created: string
  readonly name: string
  readonly status: string
}

/** What the filter's references mean to the caller, resolved before. */
export interface FilterFacts {
  /** Of `before` and `since`: Unix milliseconds. */
  readonly before?: number
  readonly since?: number
  /** For each `ancestor`: the reference itself, and the contents that a team (or the library, null) means by it. */
  readonly ancestors: readonly Ancestor[]
}

export interface Ancestor {
  /** Normalised; null where an id was given. */
  readonly reference: string | null
  readonly contents: readonly { readonly teamId: string | null; readonly contentId: string }[]
}

type Rule = (query: ListContainersQuery, facts: FilterFacts) => ((listed: Listed) => boolean) | undefined

/** One rule for each filter of `docker ps`; a rule that has nothing to say answers undefined. */
const RULES: readonly Rule[] = [
  (query) => (showsAll(query) ? undefined : ({ view }) => view.state.running),
  ({ id }) => id && (({ entry }) => id.some((prefix) => entry.id.startsWith(prefix))),
  ({ name }) => name && (({ view }) => name.some((text) => view.name.includes(text.replace(/^\//, '')))),
  ({ label }) => label && (({ view }) => label.every((wanted) => hasLabel(view.labels, wanted))),
  ({ status }) => status && (({ view }) => status.includes(view.state.status)),
  ({ exited }) => exited && (({ view }) => !view.state.running && view.state.exitCode !== null && exited.includes(view.state.exitCode)),
  ({ health }) => health && (({ view }) => health.includes(view.state.health)),
  ({ volume }) =>
    volume && (({ view }) => view.mounts.some((mount) => volume.includes(mount.destination) || volume.includes(mount.name ?? '\0'))),
  ({ network }) => network && (({ view }) => view.networks.some((each) => network.includes(each.name))),
  ({ publish }) => publish && (({ view }) => view.ports.some((port) => port.host !== null && publish.some((range) => isIn(range, port)))),
  ({ expose }) => expose && (({ view }) => view.ports.some((port) => expose.some((range) => isIn(range, port)))),
  (_, { before }) => (before === undefined ? undefined : ({ entry }) => entry.created < before),
  (_, { since }) => (since === undefined ? undefined : ({ entry }) => entry.created > since),
  ({ ancestor }, { ancestors }) => ancestor && ((listed) => ancestors.some((each) => isMadeFrom(listed, each))),
]

/** Those that fit all filters. */
export function filterContainers(all: readonly Listed[], query: ListContainersQuery, facts: FilterFacts): Listed[] {
  const tests = RULES.map((rule) => rule(query, facts)).filter((test) => test !== undefined)
  const found = all.filter((listed) => tests.every((test) => test(listed)))
  const newest = query.last ?? (query.latest ? 1 : undefined)
  if (newest === undefined) return found
  return found.toSorted((a, b) => (a.keys.created < b.keys.created ? 1 : -1)).slice(0, newest)
}

function showsAll({ all, status, exited, latest, last }: ListContainersQuery): boolean {
  return Boolean(all || status || exited || latest || last)
}

/** `80/udp`, `8000-8080`, or `80`, which means tcp. */
function isIn(range: string, { container, protocol }: { readonly container: number; readonly protocol: string }): boolean {
  const [ports = '', wanted = 'tcp'] = range.split('/')
  const [least = 0, most = least] = ports.split('-').map(Number)
  return protocol === wanted && container >= least && container <= most
}

function isMadeFrom({ entry, teamId }: Listed, { reference, contents }: Ancestor): boolean {
  if (reference !== null && entry.labels[LABEL_IMAGE] === reference) return true
  return contents.some((content) => content.contentId === entry.imageId && (content.teamId === null || content.teamId === teamId))
}
