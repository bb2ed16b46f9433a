/** The docker CLI's own. */
export const DEFAULT_KEYS = 'ctrl-p,ctrl-q'

/** Names of control characters behind `ctrl-` that are no letters (moby/term, ascii.go). */
const SIGNS: Readonly<Record<string, number>> = { '@': 0, '[': 27, '\\': 28, ']': 29, '^': 30, _: 31 }

/** The bytes of `ctrl-p,ctrl-q`, `ctrl-@`, `x`: keys with commas between them, as the docker CLI writes them. Null: none of that. */
export function keyBytes(text: string): Uint8Array | null {
  const codes = text.split(',').map(codeOf)
  return codes.every((code) => code !== null) && codes.length <= 16 ? Uint8Array.from(codes) : null
}

function codeOf(key: string): number | null {
  if (/^[\x20-\x7e]$/.test(key)) return key.charCodeAt(0)
  const sign = /^ctrl-(.)$/i.exec(key)?.[1]
  if (sign === undefined) return null
  return /[a-z]/i.test(sign) ? sign.toLowerCase().charCodeAt(0) - 96 : (SIGNS[sign] ?? null)
}

/** Finds the keys in the input of one terminal. A beginning of them waits for what follows, as with the docker CLI. */
export class DetachKeys {
  private matched = 0

  constructor(private readonly keys: Uint8Array) {}

  /** What goes on to the process, and whether the keys are complete; what follows them is dropped. */
  take(input: Uint8Array): { pass: Uint8Array; detached: boolean } {
    const { keys } = this
    const pass: number[] = []
    for (const byte of input) {
      // all that was held back but the part that may still begin the keys
      while (this.matched > 0 && byte !== keys[this.matched]) pass.push(...this.giveUp())
      if (byte !== keys[this.matched]) pass.push(byte)
      else if (++this.matched === keys.length) {
        this.matched = 0
        return { pass: Uint8Array.from(pass), detached: true }
      }
    }
    return { pass: Uint8Array.from(pass), detached: false }
  }

  /** Falls back to the longest shorter beginning that what is held ends with; the bytes before it are for the process. */
  private giveUp(): Uint8Array {
    const { keys, matched } = this
    for (let length = matched - 1; length > 0; length--) {
      if (keys.subarray(0, length).every((key, index) => key === keys[matched - length + index])) {
        this.matched = length
        return keys.subarray(0, matched - length)
      }
    }
    this.matched = 0
    return keys.subarray(0, matched)
  }
}
