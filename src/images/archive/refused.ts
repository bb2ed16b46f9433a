import { posix } from 'node:path'
import { AppError } from '../../common/errors.js'
import type { PassingEntry } from './tar-passage.js'

/** An archive that is not taken; nothing was made of it. `name`: the entry that is to blame. */
export function refused(reason: string, name?: string): AppError {
  const errors = name === undefined ? undefined : [{ pointer: '/entries', detail: JSON.stringify(name.slice(0, 200)) }]
  return new AppError('ARCHIVE_REFUSED', { reason, written: 'nothing was made', ...(errors && { errors }) })
}

/** Does the path lead out of the folder that it begins in? */
export function leadsOut(path: string): boolean {
  const normal = posix.normalize(path)
  return normal === '..' || normal.startsWith('../')
}

/** One spelling for each name within an archive: `./a//b/` is `a/b`. */
export function plainName(name: string): string {
  return posix.normalize(`/${name}`).replace(/^\/+/, '').replace(/\/+$/, '')
}

/** Of what the engine unpacks in a jail of its own: links may lead anywhere in it. @throws AppError ARCHIVE_REFUSED */
export function assertUnpackable({ name, type, link }: PassingEntry): void {
  if (leadsOut(name.replace(/^\/+/, ''))) throw refused('a name leads out of the folder', name)
  if (type === 'link' && leadsOut(link.replace(/^\/+/, ''))) throw refused('a link leads out of the folder', name)
  if (type === 'device') throw refused('an entry is a device', name)
  if (type === 'other') throw refused('an entry is neither file, folder nor link', name)
}
