/** The gateway as it is run: `node dist/main.js`, a process of its own that may be killed, frozen and stopped. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Actor } from '../../support/actor.js'
import { ADMIN, type Gateway } from '../../support/app.js'
import { bed } from '../../support/bed.js'
import { until } from '../../support/private-host.js'
import { ROOT } from '../../../scripts/setup.mjs'

export interface ProcessOptions {
  readonly dockerHost?: string
  readonly dataDir?: string
  readonly env?: Readonly<Record<string, string | undefined>>
}

export class GatewayProcess implements AsyncDisposable {
  private child: ChildProcess | undefined
  /** All that it wrote to stdout and stderr, over all its lives. */
  output = ''

  private constructor(
    readonly dataDir: string,
    readonly port: number,
    private readonly env: Readonly<Record<string, string | undefined>>,
    private readonly ownsDataDir: boolean,
  ) {}

  /** A process that is up; its data directory is fresh unless one is given. */
  static async start(options: ProcessOptions = {}): Promise<GatewayProcess> {
    const process = await GatewayProcess.prepare(options)
    try {
      await process.start()
      return process
    } catch (error) {
      await process.stop()
      throw error
    }
  }

  /** Everything but the start. */
  static async prepare(options: ProcessOptions = {}): Promise<GatewayProcess> {
    const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'berth-process-'))
    const env = {
      BERTH_HOST: '127.0.0.1',
      BERTH_DATA_DIR: dataDir,
      BERTH_DOCKER_HOST: options.dockerHost ?? bed().dockerHost,
      BERTH_ADMIN_USERNAME: ADMIN.username,
      BERTH_ADMIN_PASSWORD: ADMIN.password,
      BERTH_LOG_LEVEL: 'debug',
      BERTH_DRAIN_SECONDS: '2',
      ...options.env,
    }
    return new GatewayProcess(dataDir, await freePort(), env, options.dataDir === undefined)
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** What actors take: they ask for nothing but the address. */
  get gateway(): Gateway {
    return this as unknown as Gateway
  }

  get pid(): number {
    return this.child!.pid!
  }

  get isRunning(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null
  }

  /** Starts it (again) and waits until it serves. */
  async start(): Promise<void> {
    this.launch()
    const serves = async () => {
      if (!this.isRunning) throw new Error('it ended')
      return fetch(`${this.url}/health/live`).then(
        ({ ok }) => ok,
        () => false,
      )
    }
    await until('the gateway', 30_000, serves).catch((cause: unknown) => {
      throw new Error(`the gateway does not serve:\n${this.output.slice(-2_000)}`, { cause })
    })
  }

  /** Starts it and answers how it ended. */
  async runToEnd(): Promise<{ code: number | null; output: string }> {
    this.launch()
    const [code] = (await once(this.child!, 'close')) as [number | null]
    return { code, output: this.output }
  }

  admin(): Promise<Actor> {
    return Actor.login(this.gateway, ADMIN)
  }

  /** kill -9. */
  async kill(): Promise<void> {
    if (!this.isRunning) return
    const ended = once(this.child!, 'exit')
    this.child!.kill('SIGKILL')
    await ended
  }

  /** SIGTERM; answers the exit code. */
  async terminate(): Promise<number | null> {
    const ended = once(this.child!, 'exit') as Promise<[number | null]>
    this.child!.kill('SIGTERM')
    const [code] = await ended
    return code
  }

  async stop(): Promise<void> {
    await this.kill()
    if (this.ownsDataDir) rmSync(this.dataDir, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  private launch(): void {
    if (this.isRunning) throw new Error('the gateway runs already')
    const env = { PATH: process.env['PATH'], ...this.env, BERTH_PORT: String(this.port) }
    const child = spawn(process.execPath, [join(ROOT, 'dist/main.js')], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const take = (text: Buffer) => void (this.output += text.toString())
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    this.child = child
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
