/** Makes sure that a Docker Engine answers; where there is none and it may, it installs Debian's and starts it. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { engineCall } from './engine-call.js'
import { ENGINE_PACKAGES, SetupError, installDebianPackages, step, which } from './setup.mjs'

const USUAL = 'unix:///var/run/docker.sock'

/** The engine that the gateway will use, by the same settings and in the same order. */
export function dockerHost(env: NodeJS.ProcessEnv): string {
  return env['BERTH_DOCKER_HOST'] || env['DOCKER_HOST'] || USUAL
}

/** Returns when the engine answers; else throws a SetupError that says what to do. `dataDir` gets the log of an engine that is started here. */
export async function ensureEngine(host: string, dataDir: string): Promise<void> {
  const answer = await ping(host)
  if (answer === 'ok') return
  if (answer === 'EACCES')
    throw new SetupError(`${host} may not be opened by this user: run this as root, or join the group docker and log in again`)
  if (host !== USUAL)
    throw new SetupError(`no Docker Engine answers at ${host} (${answer}): start it, or unset DOCKER_HOST and BERTH_DOCKER_HOST`)
  const running = engineHere()
  if (running)
    return awaitEngine(
      `the Docker Engine that runs already (process ${running}) does not answer at ${USUAL}: name its address in DOCKER_HOST`,
    )
  if (process.getuid?.() !== 0 || (!which('dockerd') && !which('apt-get'))) {
    throw new SetupError(
      `no Docker Engine answers at ${host}\ninstall and start one as root (on Debian: apt-get install docker.io), or name another one in DOCKER_HOST`,
    )
  }
  installDebianPackages(ENGINE_PACKAGES)
  await start(dataDir)
}

async function ping(host: string): Promise<string> {
  try {
    const { status } = await engineCall(host, 'GET', '/_ping', undefined, 5_000)
    return status === 200 ? 'ok' : `status ${status}`
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? (error as Error).message
  }
}

/** An engine in this network namespace, whatever its socket: a second one would flush its iptables chains. */
function engineHere(): string | undefined {
  return readdirSync('/proc').find((pid) => /^\d+$/.test(pid) && isEngineHere(pid))
}

function isEngineHere(pid: string): boolean {
  try {
    const name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
    return name === 'dockerd' && readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync('/proc/self/ns/net')
  } catch {
    return false
  }
}

async function start(dataDir: string): Promise<void> {
  if (existsSync('/run/systemd/system')) {
    step('systemctl start docker')
    spawnSync('systemctl', ['start', 'docker'], { stdio: ['ignore', 2, 2] })
    return awaitEngine('the Docker Engine did not start: see journalctl -u docker')
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const log = join(dataDir, 'dockerd.log')
  const out = openSync(log, 'a')
  step(`dockerd (its log is ${log})`)
  const PATH = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`
  // on its own: the containers of the teams outlive the gateway
  spawn('dockerd', [], { detached: true, stdio: ['ignore', out, out], env: { ...process.env, PATH } })
    .on('error', () => undefined)
    .unref()
  await awaitEngine(`the Docker Engine did not start: see ${log}`)
}

async function awaitEngine(failure: string): Promise<void> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(100)) if ((await ping(USUAL)) === 'ok') return
  throw new SetupError(failure)
}
