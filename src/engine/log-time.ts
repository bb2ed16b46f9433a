/** A time at the head of a piece of log: unix nanoseconds, and how many bytes it takes with its blank. */
export interface Stamp {
  readonly time: bigint
  readonly length: number
}

/** `2026-11-23T22:46:46.123456789Z ` or with `+01:00`: the `local` driver stamps in the engine's time zone. */
export const MIN_STAMP = 31
export const MAX_STAMP = 36
const FRACTION = 20
const ZERO = 48

/** Parses RFC 3339 with nine decimals by position: it runs once per line. Returns undefined for anything else. */
export function readStamp(bytes: Uint8Array, at: number): Stamp | undefined {
  const zone = bytes[at + 29]
  const length = zone === 0x5a ? MIN_STAMP : MAX_STAMP
  if (bytes[at + length - 1] !== 0x20 || bytes[at + 4] !== 0x2d || bytes[at + 10] !== 0x54 || bytes[at + 19] !== 0x2e) return undefined
  const number = (from: number, count: number): number => digits(bytes, at + from, count)
  const ms = Date.UTC(number(0, 4), number(5, 2) - 1, number(8, 2), number(11, 2), number(14, 2), number(17, 2))
  const offset = zone === 0x5a ? 0 : (number(30, 2) * 60 + number(33, 2)) * 60_000 * (zone === 0x2d ? 1 : -1)
  const ns = number(FRACTION, 9)
  if (Number.isNaN(ms + offset + ns)) return undefined
  return { time: BigInt(ms + offset) * 1_000_000n + BigInt(ns), length }
}

function digits(bytes: Uint8Array, from: number, count: number): number {
  let value = 0
  for (let at = from; at < from + count; at++) {
    const digit = (bytes[at] ?? 0) - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}
