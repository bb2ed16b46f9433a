import { isEmpty, type Judge, KERNEL, list, MIB, type Rule, SECOND, text, unlessPrivileged } from './rule.js'

/** `container:<id>` of the team. */
export function joins(value: unknown, { containers }: Judge): boolean {
  return typeof value === 'string' && value.startsWith('container:') && containers.has(value.slice('container:'.length))
}
export const namespace =
  (words: readonly string[], host: boolean): Rule =>
  (value, judge) =>
    words.includes(text(value)) ||
    (judge.profile !== 'restricted' && joins(value, judge)) ||
    (host && judge.profile === 'privileged' && value === 'host') ||
    `${text(value)} is not allowed`

export const securityOptions: Rule = (value, { profile, granted, filters }, all) => {
  const out = 'no-new-privileges=false'
  const given = list(value).map((option) => option.replace(/^no-new-privileges:(?=true|false)/, 'no-new-privileges='))
  const optedOut = profile !== 'restricted' && granted.securityOptions.some((option) => option.replace(':', '=') === out)
  if (!given.some((option) => /^no-new-privileges(=true)?$/.test(option)) && !(optedOut && given.includes(out)))
    return 'no-new-privileges is missing'
  const wrong = given.find(
    // the engine adds it to what is privileged
    (option) =>
      !option.startsWith('no-new-privileges') &&
      !(option === 'label=disable' && all['Privileged'] === true) &&
      // never by a name, which the engine does not know
      !(profile === 'privileged' && (granted.securityOptions.includes(option) || filters.has(option))),
  )
  return wrong === undefined || `${wrong.slice(0, 60)} was not named for the team`
}

interface Mount {
  readonly Type?: string
  readonly Source?: string
  readonly ReadOnly?: boolean
  readonly Target?: string
  readonly BindOptions?: Readonly<Record<string, unknown>>
  readonly VolumeOptions?: { readonly DriverConfig?: object; readonly Subpath?: string }
  readonly TmpfsOptions?: { readonly SizeBytes?: number; readonly Options?: unknown }
}

function mount(given: Mount, judge: Judge): true | string {
  const { Type: type, Source: source = '', Target: target = '' } = given
  if (!target.startsWith('/') || target === '/' || KERNEL.test(target) || target.includes('..'))
    return `the target ${target} is not allowed`
  if (type === 'tmpfs')
    return given.TmpfsOptions?.Options === undefined && (given.TmpfsOptions?.SizeBytes ?? 0) > 0 ? true : 'a tmpfs without a size'
  if (type === 'volume') {
    if (given.VolumeOptions?.DriverConfig && Object.keys(given.VolumeOptions.DriverConfig).length > 0)
      return 'a volume with a driver of its own'
    return source === '' || judge.volumes.has(source) || `the volume ${source} is not the team's`
  }
  if (type !== 'bind') return `a mount of type ${String(type)}`
  const folder = judge.profile === 'restricted' ? undefined : judge.folders.get(source)
  const exact = judge.profile === 'privileged' && judge.granted.hostPaths.includes(source)
  if (!folder && !exact) return `the host folder ${source} is not open to the team`
  if (folder?.readOnly && !exact && given.ReadOnly !== true) return `the host folder ${source} is read-only`
  const { Propagation: propagation = 'rprivate' } = given.BindOptions ?? {}
  return propagation === 'rprivate' || propagation === '' || `propagation ${String(propagation)}`
}

export const mounts: Rule = (value, judge) => {
  const all = (value ?? []) as Mount[]
  const tmpfs = all.reduce((sum, each) => sum + (each.Type === 'tmpfs' ? (each.TmpfsOptions?.SizeBytes ?? 0) : 0), 0)
  if (tmpfs > (judge.profile === 'restricted' ? 64 : 512) * MIB) return `${tmpfs} bytes of tmpfs`
  for (const each of all) {
    const found = mount(each, judge)
    if (found !== true) return found
  }
  return true
}

export const ports: Rule = (value, { ports: [least, most], profile }) => {
  const bindings = Object.values((value ?? {}) as Record<string, { HostPort?: string }[] | null>).flatMap((all) => all ?? [])
  const from = profile === 'privileged' ? Math.min(1, least) : least
  const wrong = bindings.find(({ HostPort: port = '' }) => port !== '' && !(Number(port) >= from && Number(port) <= most))
  if (Object.keys(value ?? {}).length > 20) return 'more than 20 ports'
  return wrong === undefined || `the host port ${wrong.HostPort} is not the team's`
}

export const ulimits: Rule = (value, { profile }) => {
  const all = new Map(((value ?? []) as { Name: string; Soft: number; Hard: number }[]).map((each) => [each.Name, each]))
  const [files, core] = [all.get('nofile'), all.get('core')]
  if (!files || files.Hard > (profile === 'restricted' ? 4_096 : 65_536) || files.Hard < 0) return 'nofile is not bounded'
  if (!core || core.Hard !== 0) return 'core is not 0'
  return all.size === 2 || 'more limits than nofile and core'
}

export const restart: Rule = (value, { profile }) => {
  const { Name: name = '', MaximumRetryCount: retries = 0 } = (value ?? {}) as { Name?: string; MaximumRetryCount?: number }
  if (!['', 'no', 'on-failure', 'unless-stopped', ...(profile === 'restricted' ? [] : ['always'])].includes(name))
    return `the policy ${name}`
  return profile !== 'restricted' || retries <= 5 || `${retries} retries`
}

export const logs: Rule = (value, { profile }) => {
  const { Type: type, Config: config } = (value ?? {}) as { Type?: string; Config?: Record<string, string> }
  if (type !== 'json-file' && !(type === 'local' && profile !== 'restricted')) return `the driver ${String(type)}`
  return (config?.['max-size'] === '10m' && config['max-file'] === '3') || 'logs without bounds'
}

export const tmpfs: Rule = (value, { profile }) => {
  const most = (profile === 'restricted' ? 64 : 512) * MIB
  const units: Readonly<Record<string, number>> = { '': 1, k: 1024, m: MIB, g: 1024 * MIB }
  for (const options of Object.values((value ?? {}) as Record<string, string>)) {
    const [, size, unit = ''] = /(?:^|,)size=(\d+)([kmg]?)(?:,|$)/i.exec(options) ?? []
    if (size === undefined || Number(size) * units[unit.toLowerCase()]! > most) return 'a tmpfs without a bound'
    if (/(^|,)(suid|dev|exec)(,|$)/.test(options)) return 'a tmpfs for more than data'
  }
  return true
}

export const MASKED: Rule = unlessPrivileged(
  (value) =>
    ['/proc/kcore', '/proc/keys', '/sys/firmware'].every((path) => list(value).includes(path)) || 'paths of the kernel are not masked',
)
export const READ_ONLY: Rule = unlessPrivileged(
  (value) => ['/proc/sys', '/proc/sysrq-trigger'].every((path) => list(value).includes(path)) || 'paths of the kernel may be written to',
)
export const DURATIONS =
  (least: number): Rule =>
  (value) => {
    const { Test: test, Interval: interval = 0 } = (value ?? {}) as { Test?: string[]; Interval?: number }
    return isEmpty(test) || test![0] === 'NONE' || interval === 0 || interval >= least * SECOND || `a health check every ${interval} ns`
  }
