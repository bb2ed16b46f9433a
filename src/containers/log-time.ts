const NS_PER_MS = 1_000_000n
const NS_PER_S = 1_000_000_000n
const FRACTION = 9

/** Unix nanoseconds of an RFC 3339 time or of Unix seconds, without losing a digit; the shape was checked before. */
export function nanoseconds(text: string): bigint | undefined {
  const [, whole = '', fraction = '', zone] = /^(.*?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? []
  const seconds = zone === undefined ? Number(whole) : Date.parse(`${whole}${zone}`) / 1000
  if (!Number.isSafeInteger(seconds)) return undefined
  return BigInt(seconds) * NS_PER_S + BigInt(fraction.padEnd(FRACTION, '0') || '0')
}

/** RFC 3339 in UTC with all nine digits. */
export function rfc3339(ns: bigint): string {
  const seconds = new Date(Number(ns / NS_PER_MS)).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)
  return `${seconds}.${String(ns % NS_PER_S).padStart(FRACTION, '0')}Z`
}
