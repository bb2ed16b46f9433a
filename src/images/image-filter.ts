import { AppError } from '../common/errors.js'
import { parseImageReference } from '../common/image-reference.js'
import type { Order } from '../common/paging.js'
import type { ImageSort, ListImagesQuery } from './dto/image.query.js'
import type { ImageSummary } from './dto/image.response.js'
import { globMatches } from './glob.js'
import { isImageId } from './team-images.js'

type Test = (image: ImageSummary) => boolean

/** What the query leaves of the images. @throws AppError INVALID_REQUEST when `before` or `since` is none of them. */
export function filtered(images: readonly ImageSummary[], query: ListImagesQuery): ImageSummary[] {
  const tests = [byReference(query.reference), byLabels(query.label), byTime(images, query), byDangling(query.dangling)]
  return images.filter((image) => tests.every((test) => test(image)))
}

/** The order of a list; keys are unique by their end. */
export function orderOf(sort: ImageSort = '-created'): Order<ImageSummary> {
  const by = sort.replace('-', '')
  const first = (image: ImageSummary): string => {
    if (by === 'reference') return image.references[0] ?? ''
    return by === 'size' ? String(image.size ?? 0).padStart(16, '0') : (image.createdAt ?? '')
  }
  return { key: (image) => `${first(image)} ${image.team} ${image.id}`, descending: sort.startsWith('-') }
}

function byReference(patterns: readonly string[] | undefined): Test {
  if (!patterns) return () => true
  const matches = (reference: string): boolean => {
    const name = reference.replace(/@sha256:[0-9a-f]{64}$|:[\w.-]+$/, '')
    return patterns.some((pattern) => globMatches(pattern, reference) || globMatches(pattern, name))
  }
  return (image) => image.references.some(matches)
}

function byDangling(wanted: boolean | undefined): Test {
  return (image) => wanted === undefined || (image.references.length === 0) === wanted
}

/** `key` or `key=value`; all of them. */
export function byLabels(labels: readonly string[] | undefined): Test {
  const wanted = (labels ?? []).map(
    (label) => [label.split('=', 1)[0]!, label.includes('=') ? label.slice(label.indexOf('=') + 1) : null] as const,
  )
  return (image) => wanted.every(([key, value]) => Object.hasOwn(image.labels, key) && (value === null || image.labels[key] === value))
}

function byTime(images: readonly ImageSummary[], { before, since }: ListImagesQuery): Test {
  const earlier = before === undefined ? null : timeOf(images, before, 'before')
  const later = since === undefined ? null : timeOf(images, since, 'since')
  return ({ createdAt }) => (earlier === null || (createdAt ?? '') < earlier) && (later === null || (createdAt ?? '') > later)
}

function timeOf(images: readonly ImageSummary[], ref: string, name: string): string {
  const familiar = isImageId(ref) ? null : parseImageReference(ref).familiar
  const found = images.find((image) => image.id === ref || (familiar !== null && image.references.includes(familiar)))
  if (found?.createdAt) return found.createdAt
  throw new AppError('INVALID_REQUEST', {
    reason: 'no such image',
    errors: [{ pointer: `/query/${name}`, detail: 'is none of your images' }],
  })
}
