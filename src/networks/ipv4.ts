/** A range of IPv4 addresses, as its first address and the length of its prefix. */
export interface Cidr {
  readonly base: number
  readonly bits: number
}

/** `10.201.0.0/16`; a plain address is a range of one. Null for anything else. */
export function parseCidr(text: string): Cidr | null {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text)
  if (!match) return null
  const octets = match.slice(1, 5).map(Number)
  const bits = Number(match[5] ?? 32)
  if (octets.some((octet) => octet > 255) || bits > 32) return null
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0)
  return { base: address - (address % sizeOf(bits)), bits }
}

export function formatCidr({ base, bits }: Cidr): string {
  return `${formatAddress(base)}/${bits}`
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
}

/** Do they share an address? */
export function overlap(one: Cidr, other: Cidr): boolean {
  return one.base < other.base + sizeOf(other.bits) && other.base < one.base + sizeOf(one.bits)
}

/** The parts of the range that have `bits` of prefix, from the lowest. */
export function* partsOf(range: Cidr, bits: number): Generator<Cidr> {
  for (let base = range.base; base < range.base + sizeOf(range.bits); base += sizeOf(bits)) yield { base, bits }
}

function sizeOf(bits: number): number {
  return 2 ** (32 - bits)
}
