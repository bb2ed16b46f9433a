import { Resolver, lookup } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'

/** One server may take so long, and all of them together. */
const ASK_MS = 2_000
const DEADLINE_MS = 5_000

/** Where names are looked up; what is left out is the system's. */
export interface NameSources {
  readonly servers?: readonly string[]
  readonly hosts?: string
}

/**
 * Addresses of a name that a team gives, IPv4 first: from the hosts file, else from the name servers, asked for exactly this name.
 * Never by getaddrinfo: it waits in libuv's pool, in which two look-ups run at a time for everybody, so that a team with names
 * that nobody answers would stop all others.
 * @throws an error with the code ENOTFOUND or EAI_AGAIN, as getaddrinfo's, within five seconds
 */
export async function addressesOf(name: string, { servers, hosts = '/etc/hosts' }: NameSources = {}): Promise<string[]> {
  if (isIP(name)) return [name]
  const plain = name.toLowerCase().replace(/\.$/, '')
  const written = await inHostsFile(plain, hosts)
  if (written.length > 0) return written
  // RFC 6761, 6.3: what this means is not for name servers to say
  if (/(^|\.)localhost$/.test(plain)) return ['127.0.0.1', '::1']
  return ask(plain, servers)
}

/** Addresses of a name that the operator gives: whatever the system takes it for, with search domains and all. */
export async function addressesOfOwn(name: string): Promise<string[]> {
  return isIP(name) ? [name] : (await lookup(name, { all: true })).map(({ address }) => address)
}

async function ask(name: string, servers: readonly string[] | undefined): Promise<string[]> {
  const resolver = new Resolver({ timeout: ASK_MS, tries: 1 })
  if (servers) resolver.setServers(servers)
  const deadline = setTimeout(() => resolver.cancel(), DEADLINE_MS)
  try {
    const [four, six] = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
    const found = [four, six].flatMap((each) => (each.status === 'fulfilled' ? each.value : []))
    if (found.length === 0) throw unknown(name, [four, six])
    return found
  } finally {
    clearTimeout(deadline)
  }
}

/** Codes of c-ares as those of getaddrinfo: its ECONNREFUSED is about a name server, not about who was asked for. */
function unknown(name: string, asked: readonly PromiseSettledResult<unknown>[]): Error {
  const codes = asked.map((each) => (each.status === 'rejected' ? (each.reason as NodeJS.ErrnoException).code : 'ENODATA'))
  const certain = codes.every((code) => code === 'ENOTFOUND' || code === 'ENODATA')
  return Object.assign(new Error(`${name} has no address`), { code: certain ? 'ENOTFOUND' : 'EAI_AGAIN' })
}

/** Read each time: the engine writes it anew for a container with links or extra hosts. */
async function inHostsFile(name: string, path: string): Promise<string[]> {
  const lines = (await readFile(path, 'utf8').catch(() => '')).split('\n')
  const found = lines.flatMap((line) => {
    const [address = '', ...names] = line.replace(/#.*/, '').trim().split(/\s+/)
    return isIP(address) && !address.includes('%') && names.some((each) => each.toLowerCase() === name) ? [address] : []
  })
  return found.toSorted((a, b) => isIP(a) - isIP(b))
}
