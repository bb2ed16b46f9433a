const NS_PER_S = 1_000_000_000n
const FRACTION = 9

/** Unix nanoseconds of an RFC 3339 time or of Unix seconds, without losing a digit; the shape was checked before. */
export function nanoseconds(text: string): bigint | undefined {
  const [, whole = '', fraction = '', zone] = /^(.*?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? []
  const seconds = zone === undefined ? Number(whole) : Date.parse(`${whole}${zone}`) / 1000
  if (!Number.isSafeInteger(seconds)) return undefined
  return BigInt(seconds) * NS_PER_S + BigInt(fraction.padEnd(FRACTION, '0') || '0')
}

/** The last second that was asked for: lines of one second come one after another. */
let last = { second: -1n, text: '' }

/** RFC 3339 in UTC with all nine digits. */
export function rfc3339(ns: bigint): string {
  const second = ns / NS_PER_S
  if (second !== last.second) last = { second, text: new Date(Number(second) * 1000).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length) }
  return `${last.text}.${String(Number(ns - second * NS_PER_S)).padStart(FRACTION, '0')}Z`
}
