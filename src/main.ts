import { Logger } from '@nestjs/common'
import { ConfigError, loadConfig } from './config/config.js'
import { createApp } from './app.js'
import { collectWhenIdle } from './idle-memory.js'
import { DataDirInUse, openDatabase } from './store/database.js'

/** The first with crypto.argon2; better-sqlite3 would die with a segmentation fault on 20. */
const OLDEST_NODE = [24, 7] as const

/** config → store → app → listeners. What a person can mend ends with one clear text, not with a stack. */
async function main(): Promise<void> {
  assertNode(process.versions.node)
  const config = loadConfig(process.env)
  const database = await openDatabase({ url: config.BERTH_DATABASE_URL, dataDir: config.BERTH_DATA_DIR })
  const app = await createApp(config, database)
  await app.listen(config.BERTH_PORT, config.BERTH_HOST)
  collectWhenIdle()
  new Logger('main').log(`listening at ${await app.getUrl()}`)
}

function assertNode(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  // Said before an addon is loaded that could not say it.
  if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1]))
    throw new ConfigError(`node ${version} is too old: ${OLDEST_NODE.join('.')} or newer is needed; \`npm start\` brings its own`)
}

main().catch((error: unknown) => {
  const known = error instanceof ConfigError || error instanceof DataDirInUse
  process.stderr.write(`${known ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  process.exit(1)
})
