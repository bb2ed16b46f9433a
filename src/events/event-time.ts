const NS_PER_MS = 1_000_000n
const NS_PER_S = 1_000_000_000n

/** RFC 3339 in UTC with nine digits, so that text order is time order. */
export function isoOfNano(nano: bigint): string {
  const seconds = new Date(Number(nano / NS_PER_MS)).toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)
  return `${seconds}.${String(nano % NS_PER_S).padStart(9, '0')}Z`
}

/** The same form of a time that a client gives, RFC 3339 or Unix seconds; undefined where there is no such time. */
export function isoOf(text: string): string | undefined {
  const [, whole = '', fraction = '', zone] = /^(.*?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/.exec(text) ?? []
  const seconds = zone === undefined ? Number(whole) : Date.parse(`${whole}${zone}`) / 1_000
  if (!Number.isSafeInteger(seconds) || Math.abs(seconds) > 8.64e12) return undefined
  return isoOfNano(BigInt(seconds) * NS_PER_S + BigInt(fraction.padEnd(9, '0') || '0'))
}
