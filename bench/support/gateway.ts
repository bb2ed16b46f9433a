/** The gateway as it is run: `node dist/main.js`, a process of its own, on a data directory that outlives it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { ROOT } from '../../scripts/setup.mjs'
import type { Address } from './http.js'

export const ADMIN = { username: 'admin', password: 'correct horse battery staple' } as const

const READY_MS = 60_000
const POLL_MS = 5
const DAY = '86400'

export interface GatewayOptions {
  readonly dataDir: string
  readonly dockerHost: string
  /** Writes a cpu profile of each life of the process into this folder. */
  readonly profiles?: string | undefined
}

export class Gateway {
  readonly dataDir: string
  readonly port: number
  private readonly options: GatewayOptions
  private child: ChildProcess | undefined

  private constructor(options: GatewayOptions, port: number) {
    this.options = options
    this.dataDir = options.dataDir
    this.port = port
  }

  static async start(options: GatewayOptions): Promise<Gateway> {
    const gateway = new Gateway(options, await freePort())
    await gateway.start()
    return gateway
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Resident memory in bytes. */
  get memory(): number {
    return this.status('VmRSS')
  }

  /** The most of it since `forgetPeak`. The kernel keeps it: to look every few milliseconds would take time from both sides' cores, in one side's figure. */
  get peakMemory(): number {
    return this.status('VmHWM')
  }

  forgetPeak(): void {
    writeFileSync(`/proc/${this.child!.pid}/clear_refs`, '5')
  }

  /** Open file descriptors. */
  get descriptors(): number {
    return readdirSync(`/proc/${this.child!.pid}/fd`).length
  }

  address(token?: string): Address {
    return { options: { host: '127.0.0.1', port: this.port }, headers: token ? { authorization: `Bearer ${token}` } : {} }
  }

  /** The settings that the process gets. */
  get env(): Record<string, string> {
    return {
      BERTH_HOST: '127.0.0.1',
      BERTH_PORT: String(this.port),
      BERTH_DATA_DIR: this.dataDir,
      BERTH_DOCKER_HOST: this.options.dockerHost,
      BERTH_ADMIN_USERNAME: ADMIN.username,
      BERTH_ADMIN_PASSWORD: ADMIN.password,
      BERTH_ACCESS_TOKEN_TTL: DAY,
      BERTH_RATE_LIMIT_PRINCIPAL: '0',
      BERTH_RATE_LIMIT_ADDRESS: '0',
      BERTH_DRAIN_SECONDS: '1',
    }
  }

  /** Starts it (again); answers the ms from the start of the process to the first 200 of /health/ready. */
  async start(): Promise<number> {
    const log = join(this.dataDir, 'gateway.log')
    const out = openSync(log, 'a')
    const { profiles } = this.options
    const flags = profiles ? ['--cpu-prof', '--cpu-prof-dir', profiles] : []
    const env = { PATH: process.env['PATH'], ...this.env }
    const start = performance.now()
    const child = spawn(process.execPath, [...flags, join(ROOT, 'dist/main.js')], { env, stdio: ['ignore', out, out] })
    closeSync(out)
    this.child = child
    while (!(await this.isReady())) {
      if (child.exitCode !== null || performance.now() - start > READY_MS)
        throw new Error(`the gateway does not get ready:\n${readFileSync(log, 'utf8').slice(-2_000)}`)
      await delay(POLL_MS)
    }
    return performance.now() - start
  }

  /** SIGTERM, and its end. */
  async stop(): Promise<void> {
    const { child } = this
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }

  private status(field: string): number {
    const status = readFileSync(`/proc/${this.child!.pid}/status`, 'utf8')
    return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1_024
  }

  private isReady(): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const call = get({ host: '127.0.0.1', port: this.port, path: '/health/ready', agent: false }, (response) => {
      response.resume()
      response.on('close', () => resolve(response.statusCode === 200))
    })
    call.on('error', () => resolve(false))
    return promise
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
