import { Injectable } from '@nestjs/common'
import { BlockList, isIP } from 'node:net'
import { Engine } from '../engine/index.js'
import type { RegistryRow } from '../store/schema.js'
import { authorityOf } from './registry-address.js'

/** What is still to do for a registry: mostly in the engine's own configuration, since it pulls and pushes, not the gateway. */
@Injectable()
export class EngineReadiness {
  constructor(private readonly engine: Engine) {}

  async warnings(row: Pick<RegistryRow, 'url' | 'address' | 'ca_certificate' | 'username'>): Promise<string[]> {
    const { host } = authorityOf(new URL(row.url))
    const inClear = row.username !== null && row.url.startsWith('http:') && !/^(?:localhost|127\.\S+|::1)$/.test(host)
    const clear = 'the password goes over the network in the clear: give the registry a certificate, and save it with https://'
    return [...(await this.missing(row)), ...(inClear ? [clear] : [])]
  }

  private async missing({ url, address, ca_certificate: ca }: Pick<RegistryRow, 'url' | 'address' | 'ca_certificate'>): Promise<string[]> {
    if (ca !== null) return [`the engine trusts it only with its authority in /etc/docker/certs.d/${address}/ca.crt, without a restart`]
    if (url.startsWith('https:')) return []
    const config = (await this.engine.system.info()).RegistryConfig
    const named = config?.IndexConfigs?.[address]?.Secure === false
    const { host } = authorityOf(new URL(url))
    const ranged = isIP(host) !== 0 && (config?.InsecureRegistryCIDRs ?? []).some((range) => contains(range, host))
    if (named || ranged || host === 'localhost') return []
    return [`the engine takes no plain http from it: an administrator can add "${address}" to "insecure-registries" of its daemon.json`]
  }
}

function contains(range: string, host: string): boolean {
  const [address = '', bits = ''] = range.split('/')
  const list = new BlockList()
  const family = (text: string) => (isIP(text) === 6 ? 'ipv6' : 'ipv4')
  list.addSubnet(address, Number(bits), family(address))
  return list.check(host, family(host))
}
