/**
 * The gateway in this process, on a fresh data directory and the bed's engine: the same createApp that main runs.
 * Logs are silent; BERTH_TEST_LOG=info (or debug …) shows them.
 */
import 'reflect-metadata'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../src/app.js'
import { loadConfig } from '../../src/config/config.js'
import { openDatabase } from '../../src/store/database.js'
import { BED_VARIABLE, bed } from './bed.js'

export interface GatewayOptions {
  /** Another engine than the bed's. */
  readonly dockerHost?: string
  /** More settings; `undefined` takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Kept at the end; without it there is a fresh one that goes with the gateway. */
  readonly dataDir?: string
  /** PostgreSQL instead of the embedded database. */
  readonly databaseUrl?: string
  /** A port that somebody else has to know before it runs; a free one without it. */
  readonly port?: number
}

/** Set by default, so that a test needs no set-up call; `env: { BERTH_ADMIN_PASSWORD: undefined }` asks for the setup token instead. */
export const ADMIN = { username: 'admin', password: 'correct horse battery staple' } as const

const SETUP_TOKEN = /setup token: (\S+)/

/** A gateway that runs; ends by `stop()` or at the end of an `await using` block. */
export class Gateway implements AsyncDisposable {
  private running: NestFastifyApplication | null = null
  private port = 0
  /** What it printed at its first start without an administrator. */
  setupToken: string | null = null

  private constructor(
    private readonly env: Readonly<Record<string, string | undefined>>,
    readonly dataDir: string,
    private readonly databaseUrl: string | undefined,
    private readonly ownsDataDir: boolean,
  ) {}

  static async start(options: GatewayOptions = {}): Promise<Gateway> {
    const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'berth-data-'))
    const env = {
      BERTH_HOST: '127.0.0.1',
      BERTH_DATA_DIR: dataDir,
      BERTH_DATABASE_URL: options.databaseUrl,
      BERTH_DOCKER_HOST: options.dockerHost ?? (process.env[BED_VARIABLE] ? bed().dockerHost : 'unix:///nowhere/docker.sock'),
      BERTH_LOG_LEVEL: process.env['BERTH_TEST_LOG'] || 'silent',
      BERTH_ADMIN_USERNAME: ADMIN.username,
      BERTH_ADMIN_PASSWORD: ADMIN.password,
      BERTH_DRAIN_SECONDS: '1',
      ...options.env,
    }
    const gateway = new Gateway(env, dataDir, options.databaseUrl, options.dataDir === undefined)
    gateway.port = options.port ?? 0
    try {
      await gateway.listen()
      return gateway
    } catch (error) {
      gateway.removeDataDir()
      throw error
    }
  }

  /** The Nest application, for looking behind the API: `gateway.app.get(OwnershipStore)`. */
  get app(): NestFastifyApplication {
    if (!this.running) throw new Error('the gateway is stopped')
    return this.running
  }

  get isRunning(): boolean {
    return this.running !== null
  }

  /** `http://127.0.0.1:PORT`, the same after a restart. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Stops it as SIGTERM would, and removes its data directory if it was made for it. */
  async stop(): Promise<void> {
    await this.halt()
    this.removeDataDir()
  }

  /** Stops it and starts it again on the same database and port. */
  async restart(): Promise<void> {
    await this.halt()
    await this.listen()
  }

  /** Stops it and keeps what is on the disk. */
  async halt(): Promise<void> {
    const app = this.running
    this.running = null
    await app?.close()
  }

  async listen(): Promise<void> {
    const config = loadConfig({ ...this.env, BERTH_PORT: String(this.port) })
    const database = await openDatabase({ url: this.databaseUrl, dataDir: this.dataDir })
    const printed = listenToOutput()
    let app: NestFastifyApplication | undefined
    try {
      app = await createApp(config, database)
      await app.listen(config.BERTH_PORT, config.BERTH_HOST)
    } catch (error) {
      await (app ? app.close() : database.destroy()).catch(() => undefined)
      throw error
    } finally {
      this.setupToken = SETUP_TOKEN.exec(printed())?.[1] ?? this.setupToken
    }
    this.running = app
    this.port = (app.getHttpServer().address() as AddressInfo).port
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  private removeDataDir(): void {
    if (this.ownsDataDir) rmSync(this.dataDir, { recursive: true, force: true })
  }
}

/** Starts a gateway on a free port. */
export function startGateway(options: GatewayOptions = {}): Promise<Gateway> {
  return Gateway.start(options)
}

/** The setup token is told to whoever started the gateway, and to nobody else. Answers a function that ends the listening. */
function listenToOutput(): () => string {
  const { stdout } = process
  const write = stdout.write.bind(stdout)
  let text = ''
  const listen = (...args: Parameters<typeof write>): boolean => {
    text += String(args[0])
    return SETUP_TOKEN.test(String(args[0])) || write(...args)
  }
  stdout.write = listen as typeof write
  return () => {
    stdout.write = write
    return text
  }
}
