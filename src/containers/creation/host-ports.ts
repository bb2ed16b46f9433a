import { Injectable } from '@nestjs/common'
import { randomInt } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { type AskedPort, PORT_RANGE, type TeamPolicy } from '../../admission/index.js'
import { AppError } from '../../common/errors.js'
import { Engine } from '../../engine/index.js'
import { type HostPort, HostPortStore } from '../../store/host-ports.store.js'

/** Where ports come from that nobody named, unless the team has a range of its own. */
const FREE_RANGE = [20_000, 29_999] as const

/** Ports of one container, by whose policy. */
export interface PortsWanted {
  readonly asked: readonly AskedPort[]
  readonly policy: Pick<TeamPolicy, 'portRange'>
  /** Ports that were found in use by something beside the engine. */
  readonly avoid?: ReadonlySet<number>
}

/** Host ports: reserved across teams before the engine is asked, and chosen by us where the request names none, so that they stay. */
@Injectable()
export class HostPorts {
  constructor(
    private readonly store: HostPortStore,
    private readonly engine: Engine,
  ) {}

  /** The host port of each that was asked for, in their order. @throws AppError PORT_IN_USE, CONFLICT when none is free */
  async reserve(uid: string, wanted: PortsWanted): Promise<number[]> {
    if (wanted.asked.length === 0) return []
    const chosen = await this.store.reserve(uid, (taken) => choose(wanted, [...taken.map(plain), ...this.onEngine()]))
    return chosen.map(({ port }) => port)
  }

  /** Would they be free now? @throws as `reserve` */
  async assertFree(wanted: PortsWanted): Promise<void> {
    if (wanted.asked.length > 0) choose(wanted, [...(await this.store.taken()).map(plain), ...this.onEngine()])
  }

  /** What runs beside the gateway, too. */
  private onEngine(): HostPort[] {
    return this.engine.inventory.containers
      .all()
      .flatMap(({ ports }) => ports)
      .flatMap(({ hostIp = '', hostPort, protocol }) => (hostPort ? [{ ip: plainIp(hostIp), port: hostPort, protocol }] : []))
  }
}

function choose({ asked, policy, avoid = new Set() }: PortsWanted, taken: readonly HostPort[]): HostPort[] {
  const all = [...taken]
  const chosen: HostPort[] = Array.from({ length: asked.length })
  const take = (at: number, place: HostPort): void => void all.push((chosen[at] = place))
  // Those with a name first: a free one must not be what somebody names a line later.
  for (const [at, { host: port, hostIp, protocol, pointer }] of asked.entries()) {
    if (port === undefined) continue
    const place = { ip: plainIp(hostIp), port, protocol }
    if (all.some((other) => meets(place, other)))
      throw new AppError('PORT_IN_USE', { port, errors: [{ pointer: `${pointer}/host`, detail: 'is in use' }] })
    take(at, place)
  }
  for (const [at, { host, hostIp, protocol }] of asked.entries())
    if (host === undefined) take(at, free({ ip: plainIp(hostIp), protocol }, policy.portRange, { all, avoid }))
  return chosen
}

/** From anywhere in the range: the one that was freed last may still be somebody's bookmark. */
function free(
  { ip, protocol }: Omit<HostPort, 'port'>,
  range: TeamPolicy['portRange'],
  { all, avoid }: { all: readonly HostPort[]; avoid: ReadonlySet<number> },
): HostPort {
  const [first, last] = range === PORT_RANGE ? FREE_RANGE : range
  const used = new Set(all.filter((other) => meets({ ip, port: other.port, protocol }, other)).map(({ port }) => port))
  const count = last - first + 1
  const start = randomInt(count)
  for (let step = 0; step < count; step++) {
    const port = first + ((start + step) % count)
    if (!used.has(port) && !avoid.has(port)) return { ip, port, protocol }
  }
  throw new AppError('CONFLICT', { reason: `no host port from ${first} to ${last} is free` })
}

function meets(one: HostPort, other: HostPort): boolean {
  return one.port === other.port && one.protocol === other.protocol && (one.ip === other.ip || isEvery(one.ip) || isEvery(other.ip))
}

/** A socket on `::` takes IPv4 as well, unless the host is set up otherwise. */
function isEvery(ip: string): boolean {
  return ip === '0.0.0.0' || ip === '::'
}

/** As it may have been written down by an earlier version. */
function plain(place: HostPort): HostPort {
  return { ...place, ip: plainIp(place.ip) }
}

/** One spelling for each address; empty is all of them. The engine takes an IPv4 address in IPv6 (`::ffff:127.0.0.1`) for IPv4, and binds it so. */
function plainIp(ip: string): string {
  if (ip === '') return '0.0.0.0'
  if (!isIPv6(ip)) return ip
  const plain = new URL(`http://[${ip}]`).hostname.slice(1, -1)
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(plain) ?? []
  if (high === undefined || low === undefined) return plain
  const bits = [high, low].map((half) => Number.parseInt(half, 16))
  return bits.flatMap((half) => [half >> 8, half & 0xff]).join('.')
}
