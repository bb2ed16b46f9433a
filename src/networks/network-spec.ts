import { admitNetwork } from '../admission/index.js'
import type { Admitted } from '../common/admitted.js'
import type { NetworkSpec } from '../engine/index.js'
import { formatAddress, parseCidr } from './ipv4.js'

interface SpecParts {
  readonly engineName: string
  /** `10.201.0.0/24` */
  readonly subnet: string
  readonly labels: Readonly<Record<string, string>>
}

/** A network of one team: its containers reach each other and the outside, and the engine keeps other bridges away. */
export function networkSpec({ engineName, subnet, labels }: SpecParts): Admitted<NetworkSpec> {
  const spec = {
    Name: engineName,
    Driver: 'bridge',
    Internal: false,
    Attachable: false,
    Ingress: false,
    EnableIPv6: false,
    IPAM: { Driver: 'default', Config: [{ Subnet: subnet, Gateway: formatAddress(parseCidr(subnet)!.base + 1) }] },
    // Written out: an engine that is configured otherwise must not change what a team gets.
    Options: { 'com.docker.network.bridge.enable_icc': 'true', 'com.docker.network.bridge.enable_ip_masquerade': 'true' },
  }
  return admitNetwork(spec, labels)
}
