import type { ProgressEvent } from '../engine/index.js'
import type { JobStep } from '../jobs/index.js'

/** The engine's words for where a layer is, and ours. */
const STATUS: Readonly<Record<string, string>> = {
  'Pulling fs layer': 'waiting',
  Waiting: 'waiting',
  Preparing: 'waiting',
  Downloading: 'downloading',
  'Verifying Checksum': 'verifying',
  'Download complete': 'downloaded',
  Extracting: 'extracting',
  Pushing: 'pushing',
  'Already exists': 'exists',
  'Layer already exists': 'exists',
  'Pull complete': 'done',
  Pushed: 'done',
}

/** A layer's step out of the engine's progress; null for lines that are not about one layer. */
export function layerStep(event: ProgressEvent): JobStep | null {
  if (event.id === undefined || !/^[0-9a-f]{12}$/.test(event.id)) return null
  const { id, current, total } = event
  return {
    id,
    status: statusOf(event.status),
    ...(current !== undefined && { current }),
    ...(total !== undefined && total > 0 && { total }),
  }
}

function statusOf(text: string): string {
  if (text.startsWith('Retrying')) return 'retrying'
  // "Mounted from team/secret": the repository may be another team's, so its name goes no further
  return text.startsWith('Mounted from') ? 'exists' : (STATUS[text] ?? 'working')
}
