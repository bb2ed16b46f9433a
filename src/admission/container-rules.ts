import type { ContainerRequest, HostFacts } from './container-request.js'
import { normalTarget } from './paths.js'
import type { Verdict } from './verdict.js'

/**
 * What is about our own words alone: contradictions, duplicates, what no profile could make sense of. What may be made is
 * decided by the field table, in the engine's words.
 */
export function judgeRequest(request: ContainerRequest, verdict: Verdict): void {
  mounts(request, verdict)
  ports(request, verdict)
  judgeRestart(request, verdict)
  healthcheck(request, verdict)
  network(request, verdict)
  sharedNetwork(request, verdict)
  links(request, verdict)
}

/** More than there is can't be given, whatever the profile. */
export function judgeHost({ resources = {} }: Pick<ContainerRequest, 'resources'>, host: HostFacts, verdict: Verdict): void {
  if ((resources.cpus ?? 0) > host.cpus) verdict.wrong('/resources/cpus', `the host has ${host.cpus}`)
  if ((resources.memory ?? 0) > host.memory) verdict.wrong('/resources/memory', `the host has ${host.memory} bytes`)
}

function mounts({ mounts = [] }: ContainerRequest, verdict: Verdict): void {
  const seen = new Set<string>()
  mounts.forEach(({ type, source, target, size }, at) => {
    const path = `/mounts/${at}`
    if (type === 'volume') volumeSource(source, path, verdict)
    if (type === 'bind' && source === undefined) verdict.wrong(`${path}/source`, 'is required with type bind')
    if (type === 'tmpfs' && source !== undefined) verdict.wrong(`${path}/source`, 'a tmpfs has no source')
    if (type !== 'tmpfs' && size !== undefined) verdict.wrong(`${path}/size`, 'only a tmpfs has a size')
    const clean = normalTarget(target)
    if (seen.has(clean)) verdict.wrong(`${path}/target`, 'is the target of another mount')
    seen.add(clean)
  })
}

/** A path in the place of a name is somebody who means a bind mount: that is the profile's to answer. */
function volumeSource(source: string | undefined, path: string, verdict: Verdict): void {
  if (source === undefined || source.startsWith('/') || /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(source)) return
  verdict.wrong(`${path}/source`, 'must be the name of a volume: letters, digits, _ . - and at most 63 characters')
}

function ports({ ports = [], count = 1 }: ContainerRequest, verdict: Verdict): void {
  const seen = new Set<string>()
  ports.forEach(({ host, hostIp = '', protocol = 'tcp' }, at) => {
    if (host === undefined) return
    const path = `/ports/${at}/host`
    if (count > 1) verdict.wrong(path, 'several copies can not have the same host port: leave it out')
    if (seen.has(`${hostIp} ${host}/${protocol}`)) verdict.wrong(path, 'is published twice')
    seen.add(`${hostIp} ${host}/${protocol}`)
  })
}

/** Contradictions of a restart policy. */
export function judgeRestart({ restart, autoRemove }: Pick<ContainerRequest, 'restart' | 'autoRemove'>, verdict: Verdict): void {
  if (restart === undefined) return
  if (restart.maxRetries !== undefined && restart.policy !== 'on-failure')
    verdict.wrong('/restart/maxRetries', 'goes with the policy on-failure only')
  if (autoRemove && restart.policy !== 'no') verdict.wrong('/autoRemove', 'does not go with a restart policy')
}

function healthcheck({ healthcheck }: ContainerRequest, verdict: Verdict): void {
  if (healthcheck === undefined) return
  const [kind, ...rest] = healthcheck.test
  const complete = kind === 'NONE' ? rest.length === 0 : kind === 'CMD' ? rest.length > 0 : kind === 'CMD-SHELL' && rest.length === 1
  if (!complete) verdict.wrong('/healthcheck/test', 'must be ["NONE"], ["CMD", …] or ["CMD-SHELL", "…"]')
}

/** Which network is whose, and what the engine's own words allow, is for the field table to answer. */
function network({ network = 'default' }: ContainerRequest, verdict: Verdict): void {
  if (network.startsWith('container:') || /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(network)) return
  verdict.wrong('/network', 'must be default, none, a network of the team by name or id, or container: and a container')
}

/** A name of its own for another is one on a network of the team. */
function links({ network = 'default', links = [] }: ContainerRequest, verdict: Verdict): void {
  if (links.length === 0 || !(['none', 'host', 'bridge'].includes(network) || network.startsWith('container:'))) return
  verdict.wrong('/links', 'go with a network of the team only')
}

/** Who is in another's network namespace has its name, addresses and ports; the engine refuses the rest with a text of its own. */
function sharedNetwork({ network = '', hostname, ports = [], publishAll }: ContainerRequest, verdict: Verdict): void {
  if (!network.startsWith('container:')) return
  const detail = 'does not go with the network of another container'
  if (hostname !== undefined) verdict.wrong('/hostname', detail)
  if (ports.length > 0) verdict.wrong('/ports', detail)
  if (publishAll) verdict.wrong('/publishAll', detail)
}
