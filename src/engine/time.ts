/** Unix nanoseconds as the engine's `seconds.nanoseconds`, exactly. */
export function engineSeconds(ns: bigint | undefined): string | undefined {
  if (ns === undefined) return undefined
  const positive = ns < 0n ? 0n : ns
  return `${positive / 1_000_000_000n}.${String(positive % 1_000_000_000n).padStart(9, '0')}`
}

/** ISO text, or null for Go's zero time. */
export function engineTime(text: string | undefined): string | null {
  return text === undefined || text === '' || text.startsWith('0001-') ? null : text
}
