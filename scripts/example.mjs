// `npm run example -- tail web`: runs one of the programs in examples/ on Node 24, with the client's own sources.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import process from 'node:process'
import { ROOT, SetupError, environment, installModules, main, node24, withLock } from './setup.mjs'

const [name = '', ...args] = process.argv.slice(2)
const names = readdirSync(`${ROOT}examples`)
  .map((file) => file.replace(/\.mjs$/, ''))
  .filter((each) => each !== 'connect')
  .sort()

main(() => {
  if (!names.includes(name)) throw new SetupError(`npm run example -- <${names.join('|')}> …`)
  if (!existsSync(`${ROOT}node_modules/socket.io-client`)) withLock(() => installModules())
  const hooks = new URL('ts-imports.mjs', import.meta.url).href
  const run = ['--no-warnings', '--experimental-transform-types', '--import', hooks, `${ROOT}examples/${name}.mjs`, ...args]
  process.exitCode = spawnSync(node24(), run, { stdio: 'inherit', env: environment() }).status ?? 1
})
