import { lstat, readlink, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Is the one path the other, or below it? Both absolute and normal. */
export function isWithin(path: string, parent: string): boolean {
  return parent === '/' || path === parent || path.startsWith(`${parent}/`)
}

/** Where the path leads with every link followed, or null where there is no folder that this process can see. */
export async function canonicalFolder(path: string): Promise<string | null> {
  try {
    const real = await realpath(path)
    return (await stat(real)).isDirectory() ? real : null
  } catch {
    return null
  }
}

/** As the kernel has it. */
const MOST_LINKS = 40

/** Where the links lie that lead from this path to where it really is; null where it leads nowhere. */
export async function linksOn(path: string): Promise<string[] | null> {
  const links: string[] = []
  const rest = path.split('/').reverse()
  let at = '/'
  try {
    while (rest.length > 0) {
      const next = join(at, rest.pop()!)
      if (!(await lstat(next)).isSymbolicLink()) {
        at = next
        continue
      }
      if (links.push(next) > MOST_LINKS) return null
      const target = await readlink(next)
      if (target.startsWith('/')) at = '/'
      rest.push(...target.split('/').reverse())
    }
    return links
  } catch {
    return null
  }
}

/**
 * Is the folder still the one that an administrator looked at? The engine follows links when it mounts, so a link that took its
 * place since would lead anywhere.
 */
export async function isAsRegistered(path: string): Promise<boolean> {
  return (await canonicalFolder(path)) === path
}
