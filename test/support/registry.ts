/** Debian's docker-registry inside an engine's namespace, where 127.0.0.0/8 is plain http for the engine. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import type { Certificate } from './certificates.js'
import { httpCall, type HttpAnswer } from './engine-http.js'
import type { PrivateEngine } from './private-engine.js'
import { ownerOf, run, signal, startInside, until } from './private-host.js'
import { ISSUER, SERVICE } from './token-service.js'

export interface RegistryOptions {
  /** 5000 is the bed's open one and the mirror of the hub; take another one for your own. */
  readonly port: number
  /** Folder of the content; the same for two registries where a second engine shall see the same images. */
  readonly storage?: string
  /** User names and their passwords; without them everybody may read and write. */
  readonly users?: Readonly<Record<string, string>>
  /** Another address than 127.0.0.1, for which the engine wants TLS that it trusts; it is added to the namespace. */
  readonly address?: string
  /** https, with this certificate; see certificates.ts. */
  readonly tls?: Certificate
  /** Logins by a token service; see token-server.ts. */
  readonly tokens?: { readonly realm: string; readonly signedBy: Certificate }
}

/** A running registry. */
export interface Registry {
  /** `127.0.0.1:PORT`, as it stands in image references. */
  readonly host: string
  readonly storage: string
  /** One request to it from inside the namespace. */
  call(method: string, path: string, body?: Buffer, headers?: Record<string, string | number>): Promise<HttpAnswer>
  stop(): Promise<void>
}

/** Starts a registry beside the engine (0.1–0.2 s). It ends with the engine's purge at the latest. */
export async function startRegistry(engine: PrivateEngine, options: RegistryOptions): Promise<Registry> {
  const { port, storage = join(engine.dir, `registry-${port}`) } = options
  mkdirSync(storage, { recursive: true })
  const config = join(engine.dir, `registry-${port}.json`)
  writeFileSync(config, JSON.stringify(configOf(engine, storage, options)))
  if (options.address) run('nsenter', `--net=/run/netns/${engine.netns}`, 'ip', 'address', 'replace', `${options.address}/32`, 'dev', 'lo')
  const pid = startInside(engine.netns, `${config}.log`, 'docker-registry', 'serve', config)
  const registry = registryAt(engine, port, { storage, pid, secure: options.tls !== undefined, address: options.address })
  await until(`the registry on port ${port} (see ${config}.log)`, 20_000, () => registry.call('GET', '/v2/').then(isRegistry, () => false))
  return registry
}

/** A registry that was started before, by this process or another. */
export function registryAt(
  engine: PrivateEngine,
  port: number,
  running: { storage?: string; pid?: number; secure?: boolean; address?: string | undefined } = {},
): Registry {
  const { storage = join(engine.dir, `registry-${port}`), pid, secure = false, address = '127.0.0.1' } = running
  const host = `${address}:${port}`
  return {
    host,
    storage,
    async call(method, path, body, headers = {}) {
      const dialled = await engine.dialInside(port, address)
      // what it is asked here is no secret, so any certificate will do
      const socket = secure ? connect({ socket: dialled, rejectUnauthorized: false }) : dialled
      const length = body ? { 'content-length': body.length } : {}
      const options = { method, path, headers: { host, connection: 'close', ...length, ...headers }, createConnection: () => socket }
      return httpCall(options, body).finally(() => socket.destroy())
    },
    async stop() {
      if (pid === undefined) return
      signal(pid, 'SIGTERM')
      await until('the end of the registry', 10_000, () => !ownerOf(pid))
    },
  }
}

/** Both answers mean that it is up: 401 is that of one with users. */
function isRegistry({ status }: HttpAnswer): boolean {
  return status === 200 || status === 401
}

/** JSON is YAML, which is what the registry reads. */
function configOf(engine: PrivateEngine, storage: string, { port, users, tls, tokens, address = '127.0.0.1' }: RegistryOptions): object {
  return {
    version: '0.1',
    log: { level: 'warn' },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true }, maintenance: { uploadpurging: { enabled: false } } },
    // without a fixed secret it warns, and a restart forgets uploads under way
    http: {
      addr: `${address}:${port}`,
      secret: randomBytes(16).toString('hex'),
      ...(tls && { tls: { certificate: tls.certificate, key: tls.key } }),
    },
    ...(tokens && {
      auth: { token: { realm: tokens.realm, service: SERVICE, issuer: ISSUER, rootcertbundle: tokens.signedBy.certificate } },
    }),
    ...(users && { auth: { htpasswd: { realm: 'berth-test', path: htpasswd(engine, port, users) } } }),
  }
}

function htpasswd(engine: PrivateEngine, port: number, users: Readonly<Record<string, string>>): string {
  const path = join(engine.dir, `htpasswd-${port}`)
  writeFileSync(
    path,
    Object.entries(users)
      .map(([name, password]) => `${name}:${bcrypt(password)}\n`)
      .join(''),
    { mode: 0o600 },
  )
  return path
}

/** The registry takes bcrypt only, which Node lacks; perl is essential on Debian and its crypt() has it. */
function bcrypt(password: string): string {
  const salt = randomBytes(16).toString('hex').slice(0, 21) + 'u'
  return run('perl', '-e', 'print crypt($ARGV[0], $ARGV[1])', password, `$2b$05$${salt}`)
}
