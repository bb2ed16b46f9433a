import type { ProgressEvent } from '../engine/index.js'
import type { JobStep } from '../jobs/index.js'

/** The engine's words for where a layer is, and ours. */
const STATUS: Readonly<Record<string, string>> = {
  'Pulling fs layer': 'waiting',
  Waiting: 'waiting',
  Downloading: 'downloading',
  'Verifying Checksum': 'verifying',
  'Download complete': 'downloaded',
  Extracting: 'extracting',
  'Already exists': 'exists',
  'Pull complete': 'done',
}

/** A layer's step out of the engine's progress; null for lines that are not about one layer. */
export function layerStep(event: ProgressEvent): JobStep | null {
  if (event.id === undefined || !/^[0-9a-f]{12}$/.test(event.id)) return null
  const status = STATUS[event.status] ?? (event.status.startsWith('Retrying') ? 'retrying' : 'working')
  const { id, current, total } = event
  return { id, status, ...(current !== undefined && { current }), ...(total !== undefined && total > 0 && { total }) }
}
