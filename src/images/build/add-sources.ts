import type { Instruction } from './instruction.js'
import { invalidDockerfile } from './invalid-dockerfile.js'

const ADDRESS = /^[a-z][a-z0-9+.-]*:|^git@|^github\.com\//i
/** What may become an address only when the engine has resolved it. */
const RESOLVED = /['"\\`$]/

/**
 * The words of an ADD. The engine itself, in the host's own network, would fetch what is an address: none is taken, and what
 * could turn into one is made a path, which `./` does not change otherwise.
 * @throws AppError INVALID_DOCKERFILE
 */
export function addWords({ rest, line }: Instruction): string {
  const list = rest.startsWith('[') ? jsonWords(rest, line) : null
  const words = list ?? rest.split(/\s+/)
  if (words.length < 2) throw invalidDockerfile('ADD needs a source and a destination', line)
  const checked = words.map((word, at) => (at === words.length - 1 ? word : source(word, line)))
  return list ? JSON.stringify(checked) : checked.join(' ')
}

/** Is it a source that no resolving makes another one? */
export function isPlainSource(word: string): boolean {
  return !ADDRESS.test(word) && (!RESOLVED.test(word) || /^[./]/.test(word))
}

function source(word: string, line: number): string {
  if (ADDRESS.test(word))
    throw invalidDockerfile(
      'ADD of an address is not offered, since the host itself would fetch it: use RUN, or put it into the context',
      line,
    )
  return isPlainSource(word) ? word : `./${word}`
}

function jsonWords(rest: string, line: number): string[] {
  try {
    const words: unknown = JSON.parse(rest)
    if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words
  } catch {
    // the engine would take it for words then; we rather say that it is a slip
  }
  throw invalidDockerfile('its list is not valid json', line)
}
