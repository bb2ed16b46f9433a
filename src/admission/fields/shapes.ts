import { byDefault, type JudgeContext, only, type Rule, withAlways } from './rule.js'

/** What values may look like, for rows of the field table that no range or list can say. */

const PORT_KEY = /^([1-9]\d{0,4})(?:\/(tcp|udp|sctp))?$/

export const NAMES: Rule = only('names', (names: string[]) => names.length <= 64 && names.every((name) => /^[A-Za-z_]{1,40}$/.test(name)))

export function isPortSet(ports: Record<string, unknown>): boolean {
  const keys = Object.keys(ports)
  return keys.length <= 20 && keys.every((key) => Number(PORT_KEY.exec(key)?.[1] ?? 99_999) <= 65_535)
}

/** Empty lets the engine choose. */
export function isHostPort(port: string, { limits }: JudgeContext): boolean {
  if (port === '' || port === '0') return true
  const [least, most] = limits.portRange
  return /^[1-9]\d{0,4}$/.test(port) && Number(port) >= least && Number(port) <= most
}

export function isMac(address: string): boolean {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(address)
}

export function isCpuSet(cpus: string): boolean {
  return /^\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*$/.test(cpus)
}

/** Labels are ours (`berth.`) or the engine's own tools'; compose's are what compose finds its containers by. */
export function areClientLabels(labels: Record<string, string>): boolean {
  const entries = Object.entries(labels)
  return entries.length <= 64 && entries.every(([key, value]) => isClientLabel(key) && value.length <= 4096)
}

function isClientLabel(key: string): boolean {
  const name = key.toLowerCase()
  if (key === '' || key.length > 256 || name.startsWith('berth.')) return false
  return !name.startsWith('com.docker.') || name.startsWith('com.docker.compose.')
}

export function areHarmlessGroups(groups: string[]): boolean {
  return (
    groups.length <= 32 &&
    groups.every((group) => /^[A-Za-z0-9_-]{1,32}$/.test(group) && !/^0+$/.test(group) && !['root', 'docker'].includes(group))
  )
}

/** `size=16m,mode=1777`: bounded, and without what would make it more than scratch space. */
export function isTmpfs(maxMiB: number): (mounts: Record<string, string>) => boolean {
  return (mounts) =>
    Object.entries(mounts).every(([path, options]) => {
      const parts = options.split(',').filter(Boolean)
      return (
        path.startsWith('/') &&
        !path.split('/').includes('..') &&
        !/^\/+(proc|sys|dev)(\/|$)/.test(path) &&
        parts.every((part) => isTmpfsOption(part, maxMiB)) &&
        parts.some((part) => part.startsWith('size='))
      )
    })
}

function isTmpfsOption(part: string, maxMiB: number): boolean {
  const size = /^size=(\d{1,15})([kmg]?)$/i.exec(part)
  if (size)
    return (
      Number(size[1]) * { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[size[2]!.toLowerCase() as '' | 'k' | 'm' | 'g'] <= maxMiB * 1024 ** 2
    )
  return /^(nosuid|nodev|noexec|ro|rw|mode=[01]?[0-7]{3}|uid=\d{1,9}|gid=\d{1,9})$/.test(part)
}

/** Always no-new-privileges; what else an administrator named for the team. */
export function securityOptions(allowed: readonly string[]): Rule {
  return withAlways(
    ['no-new-privileges'],
    only('only what an administrator named for the team', (options: string[], { granted }) =>
      options.every(
        (option) => /^no-new-privileges(?:[:=]true)?$/.test(option) || allowed.includes(option) || granted.securityOptions.includes(option),
      ),
    ),
  )
}

/** One of the words, or `container:` and one of the team's own, already resolved to its full id. */
export function namespace(words: readonly string[], other: 'container', fallback = ''): Rule {
  const rule = only(`one of ${words.filter(Boolean).join(', ') || 'nothing'}, or container: of the team's own`, (mode: string, { own }) => {
    const id = mode.startsWith(`${other}:`) ? mode.slice(other.length + 1) : null
    return id === null ? words.includes(mode) : own.containers.has(id)
  })
  return byDefault(() => fallback, rule)
}

/** The team's own network by its engine name, none, or the stack of one of its own containers. */
export function network(words: readonly string[]): Rule {
  return only(
    `none, one of the team's networks, container: of the team's own${words.map((word) => `, ${word}`).join('')}`,
    (mode: string, { own }) => {
      if (mode.startsWith('container:')) return own.containers.has(mode.slice('container:'.length))
      return mode === 'none' || words.includes(mode) || own.networks.has(mode)
    },
  )
}

/** Device nodes that an administrator listed for the team. */
export function devices(): Rule {
  return only('only what an administrator listed for the team', (list: { PathOnHost?: unknown }[], { granted }) =>
    list.every((device) => typeof device.PathOnHost === 'string' && granted.devices.includes(device.PathOnHost)),
  )
}

export function runtimes(): Rule {
  return only('only what an administrator listed for the team', (name: string, { granted }) => granted.runtimes.includes(name))
}

/** `name:address`; `host-gateway` is the host itself. */
export function extraHosts(hostGateway: boolean): Rule {
  return only(
    `at most 32, each name:address${hostGateway ? ' or name:host-gateway' : ''}`,
    (hosts: string[]) =>
      hosts.length <= 32 &&
      hosts.every(
        (entry) =>
          /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}:[0-9a-fA-F.:]{2,45}$/.test(entry) ||
          (hostGateway && /^[A-Za-z0-9][A-Za-z0-9.-]{0,252}:host-gateway$/.test(entry)),
      ),
  )
}

interface Ulimit {
  readonly Name?: unknown
  readonly Soft?: unknown
  readonly Hard?: unknown
}

/** Only the two that are always written, and not above what they are written with. */
export function ulimits(nofile: number): Rule {
  const always = [
    { Name: 'nofile', Soft: nofile, Hard: nofile },
    { Name: 'core', Soft: 0, Hard: 0 },
  ]
  return {
    text: `nofile up to ${nofile}, core 0`,
    judge: (value) => {
      const given = (value as Ulimit[] | undefined) ?? []
      const fits = given.every((limit) =>
        always.some(({ Name, Hard }) => limit.Name === Name && within(limit.Soft, Hard) && within(limit.Hard, Hard)),
      )
      if (!fits) return { violation: `nofile up to ${nofile}, core 0` }
      return { write: always.map((limit) => given.find(({ Name }) => Name === limit.Name) ?? limit) }
    },
  }
}

function within(value: unknown, most: number): boolean {
  return typeof value === 'number' && value >= 0 && value <= most
}
