import { isIPv6 } from 'node:net'

/** Whoever has one IPv6 address has its whole /64; an IPv4 address in IPv6 form is still that one address. */
export function addressKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped) return mapped[1]!
  if (!isIPv6(address)) return address
  const [head = '', tail = ''] = address.split('%')[0]!.split('::')
  const given = (part: string) => (part === '' ? [] : part.split(':'))
  const gap = address.includes('::') ? 8 - given(head).length - given(tail).length : 0
  const groups = [...given(head), ...Array<string>(Math.max(0, gap)).fill('0'), ...given(tail)]
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
}
