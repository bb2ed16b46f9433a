import { CONTAINER_FIELDS } from './container-fields.js'
import { oneOf, text, WORDS, WORKING_DIR } from './limits.js'
import {
  absent,
  allow,
  byDefault,
  type Comparison,
  everywhere,
  type FieldRow,
  type FieldType,
  object,
  only,
  type Rule,
  set,
} from './rule.js'
import * as shape from './shapes.js'

type Rows = Readonly<Record<string, FieldRow>>

const all = (type: FieldType, rule: Rule, compare: Comparison = 'ignored', extra: Pick<FieldRow, 'since' | 'until'> = {}): FieldRow => ({
  type,
  rules: everywhere(rule),
  compare,
  ...extra,
})

/** A command in a running container. */
export const EXEC_FIELDS: Rows = {
  Cmd: all('string[]', WORDS),
  Env: all('string[]', WORDS),
  WorkingDir: all('string', WORKING_DIR),
  // What the container's own profile forbids as a user is forbidden here, too.
  User: { type: 'string', rules: CONTAINER_FIELDS['User']!.rules, compare: 'ignored' },
  Privileged: all('boolean', set(false)),
  Tty: all('boolean', allow),
  AttachStdin: all('boolean', allow),
  AttachStdout: all('boolean', allow),
  AttachStderr: all('boolean', allow),
  DetachKeys: all('string', text(64)),
  ConsoleSize: all(
    'integer[]',
    only('rows and columns', (size: number[]) => size.length === 2 && size.every((n) => n >= 0 && n <= 1000)),
    'ignored',
    { since: '1.42' },
  ),
}

/** Its start; everything else was said at its creation. */
export const EXEC_START_FIELDS: Rows = {
  Detach: all('boolean', allow),
  Tty: all('boolean', allow),
  ConsoleSize: EXEC_FIELDS['ConsoleSize']!,
}

export const VOLUME_FIELDS: Rows = {
  Name: all('string', text(255)),
  Driver: all(
    'string',
    byDefault(() => 'local', oneOf('local')),
    'equal',
  ),
  // `o=bind,device=/` is the whole host.
  DriverOpts: all('string{}', absent, 'equal'),
  Labels: all('string{}', shape.CLIENT_LABELS),
  ClusterVolumeSpec: all('object', absent, 'ignored', { since: '1.42' }),
}

export const NETWORK_FIELDS: Rows = {
  Name: all('string', text(255)),
  Driver: all(
    'string',
    byDefault(() => 'bridge', oneOf('bridge')),
    'equal',
  ),
  // Two networks of one name make every later look-up by name a lottery.
  CheckDuplicate: all(
    'boolean',
    byDefault(() => true, allow),
    'ignored',
    { until: '1.45' },
  ),
  Internal: all(
    'boolean',
    byDefault(() => false, allow),
    'equal',
  ),
  Attachable: all('boolean', set(false), 'equal'),
  Ingress: all('boolean', set(false), 'equal'),
  ConfigOnly: all('boolean', set(false), 'equal'),
  ConfigFrom: all('object', absent, 'ignored'),
  Scope: all('string', oneOf('local')),
  EnableIPv6: all('boolean', set(false), 'equal'),
  EnableIPv4: all(
    'boolean',
    byDefault(
      () => true,
      only('is always true', (on: boolean) => on),
    ),
    'equal',
    { since: '1.47' },
  ),
  // The subnet is the gateway's choice, from the pool that does not meet the host's own routes.
  IPAM: all('object', object),
  'IPAM.Driver': all(
    'string',
    byDefault(() => 'default', oneOf('default')),
    'equal',
  ),
  'IPAM.Options': all('string{}', absent),
  'IPAM.Config': all(
    'object[]',
    only('one subnet of the pool', (list: object[]) => list.length === 1),
    'equal',
  ),
  'IPAM.Config[].Subnet': all(
    'string',
    only('an IPv4 network', (subnet: string) => /^\d{1,3}(\.\d{1,3}){3}\/\d{1,2}$/.test(subnet)),
    'equal',
  ),
  'IPAM.Config[].Gateway': all(
    'string',
    only('an IPv4 address', (address: string) => /^\d{1,3}(\.\d{1,3}){3}$/.test(address)),
    'equal',
  ),
  'IPAM.Config[].IPRange': all('string', absent),
  'IPAM.Config[].AuxiliaryAddresses': all('string{}', absent),
  // Written out: an engine that is configured otherwise must not change what a team gets.
  Options: all(
    'string{}',
    set({ 'com.docker.network.bridge.enable_icc': 'true', 'com.docker.network.bridge.enable_ip_masquerade': 'true' }),
    'equal',
  ),
  Labels: all('string{}', shape.CLIENT_LABELS),
}

/** An endpoint that is added to a running container: the same rows as at its creation. */
export const ENDPOINT_FIELDS: Rows = under('NetworkingConfig.EndpointsConfig{}.')

/** What of a container may be changed while it lives: rows of its creation, by the same names, and nothing that is a default. */
const UPDATABLE = new Set([
  'Memory',
  'MemorySwap',
  'MemoryReservation',
  'NanoCpus',
  'CpuShares',
  'CpusetCpus',
  'PidsLimit',
  'BlkioWeight',
  'RestartPolicy',
  'RestartPolicy.Name',
  'RestartPolicy.MaximumRetryCount',
])
const RESOURCES = /^(Blkio|Cpu|Device|IOMaximum|Kernel|Memory|NanoCpus|OomKillDisable|Pids|Ulimits|Init$|CgroupParent|RestartPolicy)/

export const UPDATE_FIELDS: Rows = Object.fromEntries(
  Object.entries(under('HostConfig.'))
    .filter(([path]) => RESOURCES.test(path))
    .map(([path, row]) => [path, updateRow(path, row)]),
)

function updateRow(path: string, row: FieldRow): FieldRow {
  // Follows Memory wherever that goes: left alone, the engine refuses a rise and a cut would give swap.
  if (path === 'MemorySwap') return row
  return UPDATABLE.has(path) ? withoutDefaults(row) : { ...row, rules: everywhere(absent) }
}

/** Rows below a path, by what is left of theirs. */
function under(prefix: string): Rows {
  const rows = Object.entries(CONTAINER_FIELDS).filter(([path]) => path.startsWith(prefix))
  return Object.fromEntries(rows.map(([path, row]) => [path.slice(prefix.length), row]))
}

/** A change that does not name a field leaves it as it is. */
function withoutDefaults(row: FieldRow): FieldRow {
  const quiet = (rule: Rule): Rule => ({
    text: rule.text,
    judge: (value, context, siblings) => (value === undefined ? { write: undefined } : rule.judge(value, context, siblings)),
  })
  const { restricted, baseline, privileged } = row.rules
  return { ...row, rules: { restricted: quiet(restricted), baseline: quiet(baseline), privileged: quiet(privileged) } }
}
