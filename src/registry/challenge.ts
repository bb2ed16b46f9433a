/** How a registry wants to be logged in to (RFC 9110, 11.6.1; distribution's token specification). */
export interface Challenge {
  /** Lower case: `basic`, `bearer`. */
  readonly scheme: string
  readonly params: Readonly<Record<string, string>>
}

const PARAM = /\s*([A-Za-z0-9!#$%&'*+.^_`|~-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))\s*(?:,|$)/y
const SCHEME = /[\s,]*([A-Za-z][A-Za-z0-9!#$%&'*+.^_`|~-]*)(?=\s|,|$)/y

/** The challenges of a WWW-Authenticate header, which Node joins where there are several. Stops at what it can't read. */
export function parseChallenges(header: string | undefined): Challenge[] {
  const found: { scheme: string; params: Record<string, string> }[] = []
  const text = header ?? ''
  let at = 0
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match) at = pattern.lastIndex
    return match
  }
  while (at < text.length) {
    const param = found.length > 0 ? take(PARAM) : null
    // the first of two wins: the second could be one that somebody smuggled in
    if (param) found.at(-1)!.params[param[1]!.toLowerCase()] ??= param[2]?.replaceAll(/\\(.)/g, '$1') ?? param[3]!
    else {
      const scheme = take(SCHEME)
      if (!scheme) break
      found.push({ scheme: scheme[1]!.toLowerCase(), params: Object.create(null) as Record<string, string> })
    }
  }
  return found
}
