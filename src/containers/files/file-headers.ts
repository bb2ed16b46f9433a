import type { ApiResponseOptions } from '@nestjs/swagger'
import type { FileStat } from '../../engine/index.js'

/** What a path is, as fields of an answer's head; texts are percent-encoded. docs of the operation name them. */
export function statHeaders({ name, type, size, mode, modified, target }: FileStat): Record<string, string> {
  return {
    'berth-file-name': encodeURIComponent(name.toWellFormed()),
    'berth-file-type': type,
    'berth-file-size': String(type === 'file' ? size : 0),
    'berth-file-mode': mode.toString(8).padStart(4, '0'),
    'berth-file-modified': modified.toISOString(),
    ...(type === 'symlink' && { 'berth-file-target': encodeURIComponent(target.toWellFormed()) }),
  }
}

/** The same for the contract. */
export const STAT_HEADERS: NonNullable<ApiResponseOptions['headers']> = {
  'Berth-File-Name': { description: 'last part of the path, percent-encoded', schema: { type: 'string' } },
  'Berth-File-Type': {
    description: 'what it is',
    schema: { type: 'string', enum: ['file', 'directory', 'symlink', 'device', 'fifo', 'socket'] },
  },
  'Berth-File-Size': { description: 'bytes of a regular file', schema: { type: 'string' } },
  'Berth-File-Mode': { description: 'permissions, octal as for chmod', schema: { type: 'string' } },
  'Berth-File-Modified': { description: 'last change, RFC 3339', schema: { type: 'string', format: 'date-time' } },
  'Berth-File-Target': { description: 'of a symbolic link: where it leads in the end, percent-encoded', schema: { type: 'string' } },
}
