/** Longest pattern; matching is quadratic in it at worst. */
export const MAX_PATTERN = 255

/** Go's path.Match, as `docker images --filter reference=`: `*`, `?` and `[a-z]` match within one part between slashes. */
export function globMatches(pattern: string, text: string): boolean {
  const patterns = pattern.split('/')
  const parts = text.split('/')
  return patterns.length === parts.length && patterns.every((each, at) => partMatches(tokens(each), parts[at] ?? ''))
}

type Token = '*' | ((character: string) => boolean)

function tokens(pattern: string): Token[] {
  const found: Token[] = []
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!
    const end = character === '[' ? pattern.indexOf(']', at + 2) : -1
    if (character === '*') found.push('*')
    else if (character === '?') found.push(() => true)
    else if (end > 0) {
      found.push(oneOf(pattern.slice(at + 1, end)))
      at = end
    } else found.push((other) => other === character)
  }
  return found
}

function oneOf(set: string): (character: string) => boolean {
  const negated = /^[\^!]/.test(set)
  const ranges = [...(negated ? set.slice(1) : set).matchAll(/(.)-(.)|(.)/gs)].map(
    ([, from, to, single]) => [from ?? single!, to ?? single!] as const,
  )
  return (character) => ranges.some(([from, to]) => from <= character && character <= to) !== negated
}

/** Goes back to the last star only: never more than length × length steps, whatever the pattern. */
function partMatches(pattern: readonly Token[], text: string): boolean {
  let [at, star, retry] = [0, -1, 0]
  for (let i = 0; i < text.length;) {
    const token = pattern[at]
    if (token === '*') [star, retry] = [at++, i]
    else if (token !== undefined && token(text[i]!)) [at, i] = [at + 1, i + 1]
    else if (star >= 0) [at, i] = [star + 1, ++retry]
    else return false
  }
  return pattern.slice(at).every((token) => token === '*')
}
