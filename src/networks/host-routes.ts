import { Injectable } from '@nestjs/common'
import { readFile } from 'node:fs/promises'
import type { Cidr } from './ipv4.js'

/**
 * Where this host sends packets by IPv4: a team's network on such a range would hide what lies there. Read where the gateway
 * runs; in a container of its own it sees that container's routes only.
 */
@Injectable()
export class HostRoutes {
  /** Without the default route. None where the system does not tell. */
  async read(): Promise<Cidr[]> {
    const text = await readFile('/proc/net/route', 'utf8').catch(() => '')
    return parseRoutes(text)
  }
}

/** The kernel's table: addresses are hex in the byte order of the machine, which is little-endian wherever we run. */
export function parseRoutes(text: string): Cidr[] {
  return text.split('\n').flatMap((line) => {
    const [, destination = '', , , , , , mask = ''] = line.trim().split(/\s+/)
    if (!/^[0-9A-F]{8}$/i.test(destination) || !/^[0-9A-F]{8}$/i.test(mask)) return []
    const bits = swapped(mask).toString(2).replaceAll('0', '').length
    return bits === 0 ? [] : [{ base: swapped(destination), bits }]
  })
}

function swapped(hex: string): number {
  return Buffer.from(hex, 'hex').readUInt32LE(0)
}
