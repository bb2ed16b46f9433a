import { posix } from 'node:path'

/** One spelling per path, so that `/data` and `//data/.` count as the same target. */
export function normalTarget(path: string): string {
  return posix
    .normalize(path)
    .replace(/(?<=.)\/+$/, '')
    .replace(/^\/\/+/, '/')
}

/** Absolute, and not one of the kernel's own folders by any spelling; `root`: the folder `/` itself too. */
export function isHarmlessPath(path: string, options: { root?: boolean } = {}): boolean {
  if (!path.startsWith('/') || path.includes('\0') || path.length > 4096) return false
  const clean = normalTarget(path)
  if (clean === '/') return options.root === true
  return !/^\/(proc|sys|dev)(\/|$)/.test(clean)
}
