/**
 * From a clone to a running gateway: an engine that answers, an image that needs no hub, the gateway in the foreground,
 * and the commands for the first steps. It changes nothing on an engine that runs already, but for that one image.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { engineCall, httpCall } from './engine-call.js'
import { dockerHost, ensureEngine } from './quickstart-engine.js'
import { help } from './quickstart-help.js'
import { ROOT, SetupError, installDebianPackages, step } from './setup.mjs'
import { busyboxTar } from './tar.js'

/** Belongs to no team: the gateway publishes it in its library, which every team may read. */
const OWN_IMAGE = 'berth.local/quickstart:1'
const HUB_IMAGE = 'busybox:1'

const host = dockerHost(process.env)
const port = Number(process.env['BERTH_PORT'] || 7070)
const dataDir = resolve(process.env['BERTH_DATA_DIR'] || './data')
const listenAt = process.env['BERTH_HOST'] || '127.0.0.1'
const localHost = ['0.0.0.0', '::'].includes(listenAt) ? '127.0.0.1' : listenAt
const address = `http://${localHost.includes(':') ? `[${localHost}]` : localHost}:${port}`

try {
  await run()
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  console.error(`\n${error.message}`)
  process.exit(1)
}

async function run(): Promise<void> {
  if (!(port >= 1 && port <= 65_535)) throw new SetupError('BERTH_PORT must be a number from 1 to 65535')
  if (await isTaken(port)) throw new SetupError(`port ${port} is in use: stop what listens there, or choose another one with BERTH_PORT`)
  await ensureEngine(host, dataDir)
  const image = await chooseImage()
  const gateway = startGateway(image)
  const setupToken = readSetupToken(gateway)
  await awaitReady(gateway)
  const tokenFile = join(dataDir, 'access-token')
  console.log(help({ address, setupToken: setupToken(), tokenFile, image }, randomBytes(12).toString('base64url')))
}

/** The hub's image where the engine reaches the hub quickly; else one made of the machine's own busybox. */
async function chooseImage(): Promise<string> {
  if (await answers200(`/images/${OWN_IMAGE}/json`)) return OWN_IMAGE
  if (await answers200(`/distribution/${HUB_IMAGE}/json`)) return HUB_IMAGE
  step(`the hub does not answer: making ${OWN_IMAGE} of this machine's busybox`)
  installDebianPackages({ busybox: 'busybox-static' })
  const changes = ['CMD ["sh"]', 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin']
  const query = new URLSearchParams({ fromSrc: '-', repo: OWN_IMAGE.slice(0, -2), tag: '1' })
  changes.forEach((change) => query.append('changes', change))
  const answer = await engineCall(host, 'POST', `/images/create?${query.toString()}`, busyboxTar())
  if (answer.status !== 200 || answer.body.includes('"error"'))
    throw new SetupError(`the engine did not take the image: ${answer.body.trim()}`)
  return OWN_IMAGE
}

async function answers200(path: string): Promise<boolean> {
  return engineCall(host, 'GET', path, undefined, 4_000).then(
    ({ status }) => status === 200,
    () => false,
  )
}

function startGateway(image: string): ChildProcess {
  const published = [process.env['BERTH_LIBRARY_IMAGES'], image === OWN_IMAGE ? OWN_IMAGE : ''].filter(Boolean).join(',')
  const settings = { BERTH_PORT: String(port), BERTH_DATA_DIR: dataDir, BERTH_LIBRARY_IMAGES: published }
  const gateway = spawn(process.execPath, [join(ROOT, 'dist/main.js')], {
    // out of the terminal's process group: else ctrl-c would reach it twice, from the terminal and from here
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...settings },
  })
  let last = 0
  const stop = () => {
    if (Date.now() - last > 1_000) gateway.kill('SIGTERM')
    last = Date.now()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop)
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && stop(), 500).unref()
  gateway.on('exit', (code) => process.exit(code ?? 1))
  return gateway
}

/** Passes the gateway's output on as it comes; the function answers the setup token that was in it by then. */
function readSetupToken({ stdout }: ChildProcess): () => string | undefined {
  if (!stdout) throw new Error('the gateway has no output')
  let token: string | undefined
  stdout.pipe(process.stdout)
  createInterface({ input: stdout }).on('line', (line) => (token ??= /setup token: (\S+)/.exec(line)?.[1]))
  return () => token
}

/** The gateway's exit ends this process, so there is no need to watch for it here. */
async function awaitReady(gateway: ChildProcess): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(100)) {
    const ready = await httpCall({ host: localHost, port, path: '/health/ready', timeout: 2_000 }).then(
      ({ status }) => status === 200,
      () => false,
    )
    if (ready) return
  }
  gateway.kill('SIGTERM')
  throw new SetupError('the gateway was not ready within a minute: see its log above')
}

async function isTaken(wanted: number): Promise<boolean> {
  const socket = connect(wanted, localHost)
  return new Promise((done) => {
    socket.once('connect', () => done(true)).once('error', () => done(false))
  }).finally(() => socket.destroy()) as Promise<boolean>
}
