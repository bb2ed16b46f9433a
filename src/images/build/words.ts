/** A value that only the engine could expand. */
export class NotExpandable extends Error {}

export interface Expansion {
  readonly escape: string
  /** Undefined is as good as empty, but for `${x-…}`. */
  readonly lookup: (name: string) => string | undefined
}

/** A word with its quotes and variables resolved (moby buildkit frontend/dockerfile/shell, ProcessWord). @throws NotExpandable */
export function expand(word: string, { escape, lookup }: Expansion): string {
  return new Lexer(word, escape, lookup).upTo(null)
}

class Lexer {
  private at = 0

  constructor(
    private readonly word: string,
    private readonly escape: string,
    private readonly lookup: Expansion['lookup'],
  ) {}

  upTo(stop: string | null): string {
    let out = ''
    while (this.at < this.word.length) {
      const character = this.word[this.at]!
      if (character === stop) {
        this.at++
        return out
      }
      if (character === "'") out += this.single()
      else if (character === '"') out += this.double()
      else if (character === '$') out += this.dollar()
      else if (character === this.escape) out += this.escaped()
      else {
        out += character
        this.at++
      }
    }
    if (stop !== null) throw new NotExpandable(`${stop} is missing`)
    return out
  }

  private escaped(): string {
    const next = this.word[this.at + 1] ?? ''
    this.at += 2
    return next
  }

  private single(): string {
    const end = this.word.indexOf("'", this.at + 1)
    if (end < 0) throw new NotExpandable("' is missing")
    const out = this.word.slice(this.at + 1, end)
    this.at = end + 1
    return out
  }

  private double(): string {
    let out = ''
    for (this.at++; this.at < this.word.length;) {
      const character = this.word[this.at]!
      if (character === '"') {
        this.at++
        return out
      }
      if (character === '$') out += this.dollar()
      else if (character === this.escape) {
        const next = this.word[this.at + 1] ?? ''
        out += next === '"' || next === '$' || next === this.escape ? next : character + next
        this.at += 2
      } else {
        out += character
        this.at++
      }
    }
    throw new NotExpandable('" is missing')
  }

  private dollar(): string {
    this.at++
    if (this.word[this.at] === '{') return this.braces()
    const [name] = /^[A-Za-z_][A-Za-z0-9_]*/.exec(this.word.slice(this.at)) ?? []
    // $1, $@ and the like are a shell's
    if (name === undefined) {
      if (/[0-9@*#?!$-]/.test(this.word[this.at] ?? '')) throw new NotExpandable('it has a variable of a shell')
      return '$'
    }
    this.at += name.length
    return this.lookup(name) ?? ''
  }

  private braces(): string {
    const [head, name, operator] = /^\{([A-Za-z_][A-Za-z0-9_]*)(:[-+?])?/.exec(this.word.slice(this.at)) ?? []
    if (head === undefined) throw new NotExpandable('it has a variable that is not understood')
    this.at += head.length
    const value = this.lookup(name!) ?? ''
    const other = this.upTo('}')
    if (operator === ':-') return value === '' ? other : value
    if (operator === ':+') return value === '' ? '' : other
    if (operator === ':?' && value === '') throw new NotExpandable(`${name} is not set`)
    if (operator === undefined && other !== '') throw new NotExpandable('it has a variable that is not understood')
    return value
  }
}

/** Words between spaces, as they stand there: quotes and escapes keep their spaces. */
export function splitWords(text: string, escape: string): string[] {
  const words: string[] = []
  let word = ''
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!
    if (character === escape && quote !== "'" && at + 1 < text.length) word += character + text[++at]!
    else if (quote === '' && /\s/.test(character)) {
      if (word !== '') words.push(word)
      word = ''
    } else {
      if (quote === '' && (character === '"' || character === "'")) quote = character
      else if (character === quote) quote = ''
      word += character
    }
  }
  return word === '' ? words : [...words, word]
}
