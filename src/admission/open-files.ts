import { readFileSync } from 'node:fs'

/**
 * Hard limit of open files of this process. The engine can't tell its own, and a container with a higher one does not
 * start where the engine lacks CAP_SYS_RESOURCE (measured); gateway and engine usually run under the same.
 */
export function openFilesLimit(): number {
  try {
    const hard = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return hard === undefined ? Number.POSITIVE_INFINITY : Number(hard)
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
