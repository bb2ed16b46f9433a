/** A token service beside the engine, by distribution's token specification: what a registry sends its clients to for a login. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Certificate } from './certificates.js'
import type { PrivateEngine } from './private-engine.js'
import { ownerOf, signal, startInside, until } from './private-host.js'

export const ISSUER = 'berth-test-issuer'
export const SERVICE = 'berth-test-registry'

const SERVER = fileURLToPath(new URL('./token-server.ts', import.meta.url))

/** A running token service. */
export interface TokenService {
  /** `127.0.0.1:PORT` */
  readonly host: string
  readonly realm: string
  stop(): Promise<void>
}

export interface TokenServiceOptions {
  readonly port: number
  readonly users: Readonly<Record<string, string>>
  readonly signedBy: Certificate
}

/** Starts one. Users may do everything in repositories that begin with their name or `shared/`, and read the catalog. */
export async function startTokenService(engine: PrivateEngine, options: TokenServiceOptions): Promise<TokenService> {
  const { port, users, signedBy } = options
  const config = join(engine.dir, `tokens-${port}.json`)
  writeFileSync(config, JSON.stringify({ port, users, key: signedBy.key, certificate: signedBy.certificate, issuer: ISSUER }), {
    mode: 0o600,
  })
  const pid = startInside(engine.netns, `${config}.log`, process.execPath, SERVER, config)
  const listens = async () => {
    const socket = await engine.dialInside(port).catch(() => null)
    socket?.destroy()
    return socket !== null
  }
  await until(`the token service on port ${port} (see ${config}.log)`, 20_000, listens)
  const host = `127.0.0.1:${port}`
  return {
    host,
    realm: `http://${host}/token`,
    async stop() {
      signal(pid, 'SIGTERM')
      await until('the end of the token service', 10_000, () => !ownerOf(pid))
    },
  }
}
