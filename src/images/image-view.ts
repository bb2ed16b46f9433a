import { type ImageReference, parseImageReference } from '../common/image-reference.js'
import type { ImageEntry } from '../engine/index.js'
import { LIBRARY } from '../store/image-references.store.js'
import type { ImageReferenceRow } from '../store/schema.js'
import { isDangling } from '../common/dangling-image.js'
import type { ImageSummary } from './dto/image.response.js'

/** References of one team to one content. */
export interface HeldImage {
  readonly team: string
  readonly library: boolean
  readonly contentId: string
  readonly rows: readonly ImageReferenceRow[]
}

/** Rows as images: one for each content of each team. */
export function heldImages(rows: readonly ImageReferenceRow[], nameOf: (teamId: string) => string): HeldImage[] {
  const groups = Map.groupBy(rows, (row) => `${row.team_id} ${row.content_id}`)
  return [...groups.values()].map((group) => {
    const { team_id, content_id } = group[0]!
    const library = team_id === LIBRARY
    return { team: library ? LIBRARY : nameOf(team_id), library, contentId: content_id, rows: group }
  })
}

/** As people write them. */
export function references(rows: readonly ImageReferenceRow[]): string[] {
  return parsed(rows).map((reference) => reference.familiar)
}

/** `name@sha256:…` of what was pulled. */
export function digests(rows: readonly ImageReferenceRow[]): string[] {
  const all = rows.flatMap(({ reference, digest }) =>
    digest === null ? [] : [`${familiarName(parseImageReference(reference))}@${digest}`],
  )
  return [...new Set(all)].sort()
}

/** Without tag and digest: `busybox`, `127.0.0.1:5000/team/app`. */
export function familiarName({ familiar, digest, tag }: ImageReference): string {
  return familiar.slice(0, -(digest ?? tag ?? '').length - 1)
}

export function summary(image: HeldImage, entry: ImageEntry | undefined): ImageSummary {
  return {
    id: image.contentId,
    references: references(image.rows),
    digests: digests(image.rows),
    team: image.team,
    library: image.library,
    createdAt: entry ? new Date(entry.created).toISOString() : null,
    size: entry?.size ?? null,
    labels: ownLabels(entry?.labels),
  }
}

/** Labels without those that the gateway writes. */
export function ownLabels(labels: Readonly<Record<string, string>> | null | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(labels ?? {}).filter(([key]) => !key.startsWith('berth.')))
}

function parsed(rows: readonly ImageReferenceRow[]): ImageReference[] {
  return rows.filter((row) => !isDangling(row)).map((row) => parseImageReference(row.reference))
}
