import { admitNetwork, type TeamPolicy } from '../admission/index.js'
import type { Admitted } from '../common/admitted.js'
import type { NetworkSpec } from '../engine/index.js'
import { formatAddress, parseCidr } from './ipv4.js'

interface SpecParts {
  readonly engineName: string
  /** `10.201.0.0/24` */
  readonly subnet: string
  /** Uid and witness. */
  readonly labels: Readonly<Record<string, string>>
}

/** What a client may say about a network. */
export interface NetworkWishes {
  /** Without a way to the outside. */
  readonly internal?: boolean
  readonly labels?: Readonly<Record<string, string>>
  /** Whose profile judges it; baseline for the gateway's own. */
  readonly policy?: TeamPolicy
}

/**
 * A network of one team: its containers reach each other and the outside, and the engine keeps other bridges away. An internal
 * one has no way to the outside, but (measured on 20.10) still to the host's own addresses on every bridge.
 */
export function networkSpec({ engineName, subnet, labels }: SpecParts, wishes: NetworkWishes = {}): Admitted<NetworkSpec> {
  const spec = {
    Name: engineName,
    Driver: 'bridge',
    Internal: wishes.internal ?? false,
    Attachable: false,
    Ingress: false,
    EnableIPv6: false,
    IPAM: { Driver: 'default', Config: [{ Subnet: subnet, Gateway: formatAddress(parseCidr(subnet)!.base + 1) }] },
    // Written out: an engine that is configured otherwise must not change what a team gets.
    Options: { 'com.docker.network.bridge.enable_icc': 'true', 'com.docker.network.bridge.enable_ip_masquerade': 'true' },
    ...(wishes.labels && { Labels: wishes.labels }),
  }
  return admitNetwork(spec, labels, wishes.policy)
}
