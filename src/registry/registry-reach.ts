import { Injectable } from '@nestjs/common'
import { BlockList, isIP } from 'node:net'
import { networkInterfaces } from 'node:os'
import { AppError } from '../common/errors.js'
import { addressesOf, addressesOfOwn } from '../common/host-names.js'
import { Config } from '../config/config.js'

/** One address to dial. */
export interface Dialled {
  readonly address: string
  readonly family: 4 | 6
}

/** Where a registry is dialled: judged addresses, never looked up again. */
export interface Reached {
  readonly addresses: readonly Dialled[]
  readonly port: number
}

/** What a team could make the gateway reach in its place: itself, its neighbours, the cloud's keys. */
const REFUSED: readonly (readonly [reason: string, range: string])[] = [
  ["it is the gateway's own", '127.0.0.0/8'],
  ["it is the gateway's own", '::1/128'],
  ["it is the gateway's own", '0.0.0.0/8'],
  ["it is the gateway's own", '::/128'],
  ['it is link-local', '169.254.0.0/16'],
  ['it is link-local', 'fe80::/10'],
  // metadata services that are not link-local
  ['it is a metadata service', '100.100.100.200/32'],
  ['it is a metadata service', '192.0.0.192/32'],
  ['it is a metadata service', 'fd00:ec2::254/128'],
  ['it is no single host', '224.0.0.0/4'],
  ['it is no single host', '240.0.0.0/4'],
  ['it is no single host', 'ff00::/8'],
  // an IPv4 address inside of another one, which the ranges above would not see
  ['it is an IPv4 address in disguise', '64:ff9b::/96'],
  ['it is an IPv4 address in disguise', '2002::/16'],
]

/**
 * Which addresses the gateway's own calls to a registry may go to. A registry's address comes from a member of a team: without
 * this the gateway would be their way into the host. A name is looked up once, all its addresses are judged, and exactly
 * those are dialled, so that it can't mean something else a moment later.
 */
@Injectable()
export class RegistryReach {
  private readonly refused: readonly (readonly [reason: string, list: BlockList])[]
  private readonly allowed = new BlockList()
  private readonly allowedNames = new Set<string>()
  private readonly routes: ReadonlyMap<string, string>
  /** Host of an engine that is reached over the network. */
  private readonly engine: string | null

  constructor(config: Config) {
    this.refused = [
      ...REFUSED.map(([reason, range]) => [reason, listOf(range)] as const),
      ['it is in a network of a team', listOf(config.BERTH_NETWORK_POOL)] as const,
    ]
    for (const entry of config.BERTH_REGISTRY_ALLOW) {
      if (/\/\d+$/.test(entry) || isIP(entry)) add(this.allowed, entry)
      else this.allowedNames.add(entry.toLowerCase())
    }
    this.routes = new Map(config.BERTH_REGISTRY_ROUTES.map((route) => route.toLowerCase().split('=') as [string, string]))
    this.engine = config.BERTH_DOCKER_HOST.startsWith('tcp://') ? new URL(config.BERTH_DOCKER_HOST.replace('tcp:', 'http:')).hostname : null
  }

  /** @throws AppError REGISTRY_ADDRESS_REFUSED; an error with a code of the resolver where the name is not known */
  async reach({ host, port, address }: { host: string; port: number; address: string }): Promise<Reached> {
    const route = this.routes.get(address.toLowerCase())
    if (route !== undefined) {
      // an administrator named it, so it is as good as allowed
      const at = new URL(`http://${route}`)
      return { addresses: await resolve(at.hostname, addressesOfOwn), port: Number(at.port || 80) }
    }
    if (this.allowedNames.has(host) || this.allowedNames.has(address.toLowerCase()))
      return { addresses: await resolve(host, addressesOfOwn), port }
    const addresses = await resolve(host, addressesOf)
    const engines = this.engine === null ? [] : await resolve(this.engine, addressesOfOwn).catch(() => [])
    for (const each of addresses) {
      if (check(this.allowed, each)) continue
      const reason = this.reasonAgainst(each, engines)
      if (reason !== null) throw new AppError('REGISTRY_ADDRESS_REFUSED', { address, reason })
    }
    return { addresses, port }
  }

  private reasonAgainst(each: Dialled, engines: readonly Dialled[]): string | null {
    if (ownAddresses().has(each.address)) return "it is the gateway's own"
    if (engines.some(({ address }) => address === each.address)) return "it is the engine's own"
    return this.refused.find(([, list]) => check(list, each))?.[0] ?? null
  }
}

async function resolve(host: string, look: (name: string) => Promise<string[]>): Promise<Dialled[]> {
  return (await look(host.replace(/^\[(.*)\]$/, '$1'))).map(dialled)
}

/** `::ffff:7f00:1` is 127.0.0.1, and is judged as that. */
function dialled(address: string): Dialled {
  if (isIP(address) === 4) return { address, family: 4 }
  const mapped = /^\[::ffff:([0-9a-f]+):([0-9a-f]+)\]$/.exec(new URL(`http://[${address.split('%')[0]}]`).hostname)
  if (!mapped) return { address, family: 6 }
  const [high, low] = [parseInt(mapped[1]!, 16), parseInt(mapped[2]!, 16)]
  return { address: [high >> 8, high & 255, low >> 8, low & 255].join('.'), family: 4 }
}

/** Asked each time: an interface comes with each network that is made. */
function ownAddresses(): ReadonlySet<string> {
  return new Set(Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)))
}

function check(list: BlockList, { address, family }: Dialled): boolean {
  return list.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

function listOf(range: string): BlockList {
  const list = new BlockList()
  add(list, range)
  return list
}

function add(list: BlockList, entry: string): void {
  const [address = '', bits] = entry.split('/')
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
  if (bits === undefined) list.addAddress(address, family)
  else list.addSubnet(address, Number(bits), family)
}
