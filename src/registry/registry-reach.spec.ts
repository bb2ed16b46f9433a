import { networkInterfaces } from 'node:os'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../config/config.js'
import { authorityOf } from './registry-address.js'
import { RegistryReach } from './registry-reach.js'

function reach(text: string, env: Record<string, string> = {}) {
  const url = new URL(text)
  return new RegistryReach(loadConfig(env)).reach({ ...authorityOf(url), address: url.host })
}

const refused = expect.objectContaining({ code: 'REGISTRY_ADDRESS_REFUSED' }) as Error

describe('RegistryReach', () => {
  it.each([
    'http://127.0.0.1:7070',
    'http://127.1.2.3:5000',
    'http://localhost:5432',
    'http://0.0.0.0:5000',
    'http://[::1]:5000',
    'http://[::]:5000',
    'http://[::ffff:127.0.0.1]:5000',
    'http://[::ffff:169.254.169.254]',
    'http://[64:ff9b::7f00:1]:5000',
    'http://[2002:7f00:1::]:5000',
    'http://169.254.169.254',
    'http://[fe80::1]:5000',
    'http://100.100.100.200',
    'http://[fd00:ec2::254]',
    'http://224.0.0.1:5000',
    'http://255.255.255.255:5000',
    'http://10.201.3.2:5000',
  ])('refuses %s', async (url) => {
    await expect(reach(url)).rejects.toEqual(refused)
  })

  it('refuses every address of this machine, as text and mapped into IPv6', async () => {
    const own = Object.values(networkInterfaces()).flatMap((all) => all ?? [])
    for (const { address, family } of own.filter(({ scopeid }) => !scopeid)) {
      await expect(reach(family === 'IPv6' ? `http://[${address}]:5000` : `http://${address}:5001`)).rejects.toEqual(refused)
      if (family === 'IPv4') await expect(reach(`http://[::ffff:${address}]:5001`)).rejects.toEqual(refused)
    }
  })

  it("refuses the engine's own address", async () => {
    const env = { BERTH_DOCKER_HOST: 'tcp://10.1.2.3:2376' }
    await expect(reach('https://10.1.2.3:2376', env)).rejects.toEqual(refused)
    await expect(reach('https://10.1.2.4:2376', env)).resolves.toMatchObject({ port: 2376 })
  })

  it.each([
    ['http://127.0.0.1:5000', {}],
    ['http://localhost:5000', {}],
    ['https://10.0.0.5', {}],
    ['https://192.168.7.7:5000', {}],
    ['https://[2001:db8::1]:5000', {}],
    ['http://127.0.0.1:5001', { BERTH_REGISTRY_ALLOW: '127.0.0.1:5001' }],
    ['http://127.0.0.1:5001', { BERTH_REGISTRY_ALLOW: '127.0.0.1' }],
    ['http://localhost:5001', { BERTH_REGISTRY_ALLOW: 'LOCALHOST' }],
    ['http://169.254.7.7:5000', { BERTH_REGISTRY_ALLOW: '169.254.7.0/24' }],
    ['http://[::1]:5000', { BERTH_REGISTRY_ALLOW: '::1' }],
  ])('reaches %s with %j', async (url, env: Record<string, string>) => {
    await expect(reach(url, env)).resolves.toMatchObject({ port: Number(new URL(url).port || 443) })
  })

  it('allows no more than what is named', async () => {
    await expect(reach('http://127.0.0.1:5000', { BERTH_REGISTRY_ALLOW: '' })).rejects.toEqual(refused)
    await expect(reach('http://127.0.0.1:5002', { BERTH_REGISTRY_ALLOW: '127.0.0.1:5001' })).rejects.toEqual(refused)
  })

  it('dials where an administrator says that a registry is, for exactly that host and port', async () => {
    const env = { BERTH_REGISTRY_ROUTES: '127.0.0.1:5001=10.9.9.9:6000,registry.example=127.0.0.1:6001' }
    await expect(reach('http://127.0.0.1:5001', env)).resolves.toEqual({ addresses: [{ address: '10.9.9.9', family: 4 }], port: 6000 })
    await expect(reach('https://registry.example', env)).resolves.toMatchObject({ port: 6001 })
    await expect(reach('http://127.0.0.1:5002', env)).rejects.toEqual(refused)
  })
})
