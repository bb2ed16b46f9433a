import { isReservedLabel, RESERVED_LABEL } from '../labels.js'
import { isHarmlessPath } from '../paths.js'
import { seccompGrant } from '../seccomp.js'
import { byDefault, eachKey, every, type JudgeContext, only, type Rule } from './rule.js'

/** What values may look like, for rows of the field table that no range or list can say. */

const PORT_KEY = /^([1-9]\d{0,4})(?:\/(tcp|udp|sctp))?$/

export const NAMES: Rule = only('names', (names: string[]) => names.length <= 64 && names.every((name) => /^[A-Za-z_]{1,40}$/.test(name)))

const MOST_PORTS = 20

export function isPortSet(ports: Record<string, unknown>): boolean {
  const keys = Object.keys(ports)
  return keys.length <= 64 && keys.every((key) => Number(PORT_KEY.exec(key)?.[1] ?? 99_999) <= 65_535)
}

/** Each binding counts: the same port may be published on many. */
export const BINDINGS: Rule = only(
  `at most ${MOST_PORTS} ports such as 80/tcp`,
  (ports: Record<string, unknown[] | null>) =>
    isPortSet(ports) && Object.values(ports).reduce((sum, list) => sum + Math.max(list?.length ?? 0, 1), 0) <= MOST_PORTS,
)

/** Empty is a free one. `any`: also those of the host's own services, as far as they are free. */
export function hostPort(any = false): Rule {
  return {
    text: any ? 'any that is free' : "1024 or above, or of the team's range; leave it out to get a free one",
    judge(value, { limits }) {
      if (value === undefined || value === '0') return { write: '' }
      const [least, most] = any ? [1, 65_535] : limits.portRange
      const port = value as string
      if (/^[1-9]\d{0,4}$/.test(port) && Number(port) >= least && Number(port) <= most) return { write: port }
      const range = most < 65_535 ? `from ${least} to ${most}` : `${least} or above`
      return { violation: `must be ${range}; leave it out to get a free one` }
    },
  }
}

export function isMac(address: string): boolean {
  return /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(address)
}

export function isCpuSet(cpus: string): boolean {
  return /^\d{1,4}(-\d{1,4})?(,\d{1,4}(-\d{1,4})?)*$/.test(cpus)
}

/** Labels are ours (`berth.`) or the engine's own tools'; compose's are what compose finds its containers by. */
export const CLIENT_LABELS: Rule = every(
  only('at most 64 labels, keys of 1 to 256 characters, values of at most 4096', (labels: Record<string, string>) => {
    const entries = Object.entries(labels)
    return entries.length <= 64 && entries.every(([key, value]) => key !== '' && key.length <= 256 && value.length <= 4096)
  }),
  eachKey(RESERVED_LABEL, (key) => !isReservedLabel(key)),
)

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
      return isHarmlessPath(path) && parts.every((part) => isTmpfsOption(part, maxMiB)) && parts.some((part) => part.startsWith('size='))
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

const NO_NEW_PRIVILEGES = /^no-new-privileges(?:[:=]true)?$/
const OPT_OUT = /^no-new-privileges[:=]false$/

/** no-new-privileges unless an administrator opted the team out of it; `named`: also what else he named. */
export function securityOptions(named = false): Rule {
  const text = `no-new-privileges is always set${named ? ', with what an administrator named for the team' : ', unless an administrator opted the team out'}`
  return {
    text,
    judge(value, { granted, seccomp }) {
      const options = ((value as string[] | undefined) ?? []).filter((option) => !NO_NEW_PRIVILEGES.test(option))
      const out = options.some((option) => OPT_OUT.test(option)) && granted.securityOptions.some((option) => OPT_OUT.test(option))
      const others = options.filter((option) => !(out && OPT_OUT.test(option)))
      if (!others.every((option) => named && granted.securityOptions.includes(option))) return { violation: text }
      const gone = others.map(seccompGrant).find((name) => name !== null && !seccomp?.has(name))
      if (gone) return { violation: `an administrator has taken the seccomp profile ${gone} away: ask for another, or leave it out` }
      const written = others.map((option) => contentOf(option, seccomp))
      return { write: [out ? 'no-new-privileges=false' : 'no-new-privileges', ...written] }
    },
  }
}

/** The engine knows no names of profiles: it is sent the content. */
function contentOf(option: string, seccomp: JudgeContext['seccomp']): string {
  const name = seccompGrant(option)
  return name === null ? option : `seccomp=${seccomp?.get(name) ?? ''}`
}

/** One of the words, or `container:` and one of the team's own, already resolved to its full id. */
export function namespace(words: readonly string[], other: 'container', fallback = ''): Rule {
  const rule = only(`one of ${words.filter(Boolean).join(', ') || 'nothing'}, or container: of the team's own`, (mode: string, { own }) => {
    const id = mode.startsWith(`${other}:`) ? mode.slice(other.length + 1) : null
    return id === null ? words.includes(mode) : own.containers.has(id)
  })
  return byDefault(() => fallback, rule)
}

/** The team's own network by its engine name, none, or the stack of one of its own containers; the team's default network where none is named. */
export function network(words: readonly string[]): Rule {
  const text = `none, a network of the team, container: and a container of the team${words.map((word) => `, ${word}`).join('')}; publish the ports that must be reached from elsewhere`
  return byDefault(
    ({ own }) => own.defaultNetwork,
    only(text, (mode: string, { own }) => {
      if (mode.startsWith('container:')) return own.containers.has(mode.slice('container:'.length))
      return mode === 'none' || words.includes(mode) || own.networks.has(mode)
    }),
  )
}

const LINK = /^([0-9a-f]{12}):[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/

/** Names for the team's own containers on the same network. */
export const LINKS: Rule = only(
  "at most 16, each to a container of the team's own on the same network",
  (links: string[], { own }) => links.length <= 16 && links.every((link) => own.linked.has(LINK.exec(link)?.[1] ?? '')),
)

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

/** Only the two that are always written, and not above what they are written with, which is never more than the engine itself has. */
export function ulimits(nofile: number): Rule {
  const text = `nofile up to ${nofile}, core 0`
  return {
    text,
    judge(value, { limits }) {
      const files = Math.min(nofile, limits.openFiles)
      const always = [
        { Name: 'nofile', Soft: files, Hard: files },
        { Name: 'core', Soft: 0, Hard: 0 },
      ]
      const given = (value as Ulimit[] | undefined) ?? []
      const fits = given.every((limit) =>
        always.some(({ Name, Hard }) => limit.Name === Name && within(limit.Soft, Hard) && within(limit.Hard, Hard)),
      )
      if (!fits) return { violation: text }
      return { write: always.map((limit) => given.find(({ Name }) => Name === limit.Name) ?? limit) }
    },
  }
}

function within(value: unknown, most: number): boolean {
  return typeof value === 'number' && value >= 0 && value <= most
}
