import { Injectable } from '@nestjs/common'
import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { AppError } from '../../common/errors.js'
import { addressesOf, addressesOfOwn } from '../../common/host-names.js'
import { Config } from '../../config/config.js'

/** One address to dial. */
export interface Judged {
  readonly address: string
  readonly family: 4 | 6
}

/**
 * What is not the internet (IANA's special-purpose registries), IPv4 addresses inside of others, and metadata services. A mapped
 * address (::ffff:…) is judged by the ranges of IPv4: node:net does that.
 */
const NOT_PUBLIC = `
  0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24
  192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
  ::/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16
  fc00::/7 fe80::/10 fec0::/10 ff00::/8
  168.63.129.16/32 100.100.100.200/32 fd00:ec2::254/128`
  .trim()
  .split(/\s+/)

/**
 * Where deliveries may go. The address comes from a member of a team, and the gateway stands where no team does: without this
 * it would knock at the doors of its neighbours for them. A name is looked up once for each delivery, all that it means is judged,
 * and what was judged is dialled.
 */
@Injectable()
export class WebhookReach {
  private readonly refused = new BlockList()
  private readonly allowed = new BlockList()
  private readonly allowedNames = new Set<string>()

  constructor(config: Config) {
    for (const range of [...NOT_PUBLIC, config.BERTH_NETWORK_POOL]) add(this.refused, range)
    for (const entry of config.BERTH_WEBHOOK_ALLOW) {
      if (/\/\d+$/.test(entry) || isIP(entry)) add(this.allowed, entry)
      else this.allowedNames.add(entry.toLowerCase())
    }
  }

  /** @throws AppError WEBHOOK_ADDRESS_REFUSED; an error of the resolver where the name is not known */
  async judge({ hostname, host, port, protocol }: URL): Promise<Judged> {
    const bare = hostname.replace(/^\[(.*)\]$/, '$1')
    const withPort = `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`
    const isAllowed = [hostname, host, withPort].some((name) => this.allowedNames.has(name.toLowerCase()))
    const found = await (isAllowed ? addressesOfOwn(bare) : addressesOf(bare))
    const addresses = found.map((address) => ({ address, family: isIP(address) === 6 ? (6 as const) : (4 as const) }))
    const first = addresses[0]
    if (!first) throw new Error(`${host} has no address`)
    if (isAllowed) return first
    for (const each of addresses) {
      if (has(this.allowed, each)) continue
      if (has(this.refused, each) || isOwn(each))
        throw new AppError('WEBHOOK_ADDRESS_REFUSED', { address: host, reason: 'it is not a public address' })
    }
    return first
  }
}

function has(list: BlockList, { address, family }: Judged): boolean {
  return list.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

function isOwn({ address }: Judged): boolean {
  return Object.values(networkInterfaces()).some((all) => all?.some((own) => own.address === address))
}

function add(list: BlockList, entry: string): void {
  const [address = '', bits] = entry.split('/')
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  if (bits === undefined) list.addAddress(address, family)
  else list.addSubnet(address, Number(bits), family)
}
