import { posix } from 'node:path'
import type { ContainerRequest, ImageFacts } from './container-request.js'
import { isReservedLabel, RESERVED_LABEL } from './labels.js'
import type { Verdict } from './verdict.js'

const MIB = 1_048_576
/** All tmpfs mounts of a container together. */
export const TMPFS_LIMIT = 512 * MIB
/** Of a tmpfs that names no size. */
export const TMPFS_DEFAULT = 64 * MIB
const MAX_PORTS = 20
const MAX_STOP_TIMEOUT = 300
const LOWEST_PORT = 1024

const PRIVILEGED =
  'must be false: it needs the profile "privileged", which an administrator gives for a time. Where a program gets "Permission denied", ' +
  'mount a volume or a tmpfs at the folder that it writes to, or set user to the owner of its files'
const HOST_PATH =
  'a path of the host may not be mounted: use a volume of the team ({type: "volume", source: "name"}), which keeps its data; ' +
  'an administrator may register host folders later'
const HOST_NETWORK = 'the network of the host or of another container may not be joined: publish the ports that must be reached'
const NOT_THERE = 'must be an absolute path, and not /, /proc, /sys, /dev or below these'

interface Rule {
  readonly field: string
  readonly judge: (request: ContainerRequest, verdict: Verdict) => void
}

/** What a request may say, field by field. Fields that are not here were bounded by their shape alone. */
export const REQUEST_RULES: readonly Rule[] = [
  { field: 'privileged', judge: (request, verdict) => void (request.privileged && verdict.deny('/privileged', PRIVILEGED)) },
  { field: 'network', judge: network },
  { field: 'mounts', judge: mounts },
  { field: 'ports', judge: ports },
  { field: 'labels', judge: labels },
  {
    field: 'workingDir',
    judge: ({ workingDir }, verdict) =>
      void (
        workingDir !== undefined &&
        !isHarmlessPath(workingDir, { root: true }) &&
        verdict.deny('/workingDir', 'must be an absolute path, and not /proc, /sys, /dev or below these')
      ),
  },
  {
    field: 'stopTimeout',
    judge: ({ stopTimeout = 0 }, verdict) =>
      void (stopTimeout > MAX_STOP_TIMEOUT && verdict.deny('/stopTimeout', `must be ${MAX_STOP_TIMEOUT} seconds or less`)),
  },
  { field: 'restart', judge: restart },
  { field: 'healthcheck', judge: healthcheck },
]

/** What an image may bring along, where the request does not say otherwise. */
export function judgeImage(request: ContainerRequest, image: ImageFacts, verdict: Verdict): void {
  // A working directory below /proc/self/fd has led out of the container before (CVE-2024-21626).
  if (request.workingDir === undefined && image.workingDir !== '' && !isHarmlessPath(image.workingDir, { root: true }))
    verdict.deny('/image', 'its working directory is below /proc, /sys or /dev: set workingDir')
  if (request.healthcheck === undefined && image.healthInterval !== null && image.healthInterval < 1)
    verdict.deny('/image', 'its health check runs more often than each second: set healthcheck')
  for (const volume of image.volumes)
    if (!isHarmlessPath(volume)) verdict.deny('/image', `its volume ${JSON.stringify(volume.slice(0, 100))} ${NOT_THERE}`)
}

/** Absolute, and not one of the kernel's own folders by any spelling. */
export function isHarmlessPath(path: string, options: { root?: boolean } = {}): boolean {
  if (!path.startsWith('/') || path.includes('\0') || path.length > 4096) return false
  const clean = normalTarget(path)
  if (clean === '/') return options.root === true
  return !/^\/(proc|sys|dev)(\/|$)/.test(clean)
}

/** One spelling per path, so that `/data` and `//data/.` count as the same target. */
export function normalTarget(path: string): string {
  return posix
    .normalize(path)
    .replace(/(?<=.)\/+$/, '')
    .replace(/^\/\/+/, '/')
}

function network({ network }: ContainerRequest, verdict: Verdict): void {
  if (network === undefined || network === 'default' || network === 'none') return
  if (network === 'host' || network.startsWith('container:')) verdict.deny('/network', HOST_NETWORK)
  else verdict.wrong('/network', 'other networks are not offered yet: leave it out for the network of the team, or use "none"')
}

function mounts({ mounts = [] }: ContainerRequest, verdict: Verdict): void {
  const seen = new Set<string>()
  let tmpfs = 0
  mounts.forEach((mount, at) => {
    const path = `/mounts/${at}`
    if (mount.type === 'bind' || mount.source?.startsWith('/')) verdict.deny(`${path}/source`, HOST_PATH)
    else if (mount.type === 'volume') volumeSource(mount.source, path, verdict)
    else if (mount.source !== undefined) verdict.wrong(`${path}/source`, 'a tmpfs has no source')
    if (mount.type !== 'tmpfs' && mount.size !== undefined) verdict.wrong(`${path}/size`, 'only a tmpfs has a size')
    if (!isHarmlessPath(mount.target)) verdict.deny(`${path}/target`, NOT_THERE)
    const target = normalTarget(mount.target)
    if (seen.has(target)) verdict.wrong(`${path}/target`, 'is the target of another mount')
    seen.add(target)
    if (mount.type === 'tmpfs') tmpfs += mount.size ?? TMPFS_DEFAULT
    if (mount.type === 'tmpfs' && tmpfs > TMPFS_LIMIT) verdict.deny(`${path}/size`, `tmpfs mounts may have ${TMPFS_LIMIT} bytes together`)
  })
}

function volumeSource(source: string | undefined, path: string, verdict: Verdict): void {
  if (source === undefined || /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(source)) return
  verdict.wrong(`${path}/source`, 'must be the name of a volume: letters, digits, _ . - and at most 63 characters')
}

function ports({ ports = [], count = 1 }: ContainerRequest, verdict: Verdict): void {
  if (ports.length > MAX_PORTS) verdict.deny('/ports', `at most ${MAX_PORTS} ports`)
  const seen = new Set<string>()
  ports.forEach(({ host, hostIp = '', protocol = 'tcp' }, at) => {
    if (host === undefined) return
    const path = `/ports/${at}/host`
    if (host < LOWEST_PORT) verdict.deny(path, `must be ${LOWEST_PORT} or above; leave it out to get a free one`)
    if (count > 1) verdict.wrong(path, 'several copies can not have the same host port: leave it out')
    if (seen.has(`${hostIp} ${host}/${protocol}`)) verdict.wrong(path, 'is published twice')
    seen.add(`${hostIp} ${host}/${protocol}`)
  })
}

function labels({ labels = {} }: ContainerRequest, verdict: Verdict): void {
  for (const key of Object.keys(labels))
    if (isReservedLabel(key)) verdict.deny(`/labels/${key.slice(0, 100).replaceAll('~', '~0').replaceAll('/', '~1')}`, RESERVED_LABEL)
}

function restart({ restart, autoRemove }: ContainerRequest, verdict: Verdict): void {
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
  if (healthcheck.interval !== undefined && healthcheck.interval < 1) verdict.deny('/healthcheck/interval', 'must be 1 second or more')
}
