import { realpath, stat } from 'node:fs/promises'

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

/**
 * Is the folder still the one that an administrator looked at? The engine follows links when it mounts, so a link that took its
 * place since would lead anywhere.
 */
export async function isAsRegistered(path: string): Promise<boolean> {
  return (await canonicalFolder(path)) === path
}
