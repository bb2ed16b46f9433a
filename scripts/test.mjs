// `npm test` and `npm run test:bed`: makes sure that everything is there, then hands over to our TypeScript on Node 24.
import { spawn } from 'node:child_process'
import process from 'node:process'
import { ROOT, SetupError, TEST_PACKAGES, build, environment, installDebianPackages, installModules, main, node24, withLock } from './setup.mjs'

const [first, ...rest] = process.argv.slice(2)
const bedOnly = first === '--bed'

await main(() => {
  if (process.platform !== 'linux' || process.getuid() !== 0) {
    throw new SetupError('the tests start a private Docker engine, which takes root on Linux: run this as root, or in a virtual machine')
  }
  withLock(() => {
    installModules()
    installDebianPackages(TEST_PACKAGES)
    if (!bedOnly) build()
  })
  const [script, args] = bedOnly ? ['test-bed.ts', rest] : ['run-tests.ts', process.argv.slice(2)]
  const hooks = new URL('ts-imports.mjs', import.meta.url).href
  const child = spawn(node24(), ['--import', hooks, `${ROOT}scripts/${script}`, ...args], { cwd: ROOT, stdio: 'inherit', env: environment() })
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => child.kill(name))
  child.on('exit', (code, signal) => (process.exitCode = code ?? (signal ? 1 : 0)))
})
if (process.exitCode && !bedOnly) console.log('0 passed, 1 failed')
