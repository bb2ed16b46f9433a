// `npm test` and `npm run test:bed`: makes sure that everything is there, then hands over to our TypeScript on Node 24.
import process from 'node:process'
import { SetupError, TEST_PACKAGES, build, inForeground, installDebianPackages, installModules, main, withLock } from './setup.mjs'

const args = process.argv.slice(2)
const bedOnly = args[0] === '--bed'

function setUp() {
  if (process.platform !== 'linux' || process.getuid() !== 0) {
    throw new SetupError('the tests start a private Docker engine, which takes root on Linux: run this as root, or in a virtual machine')
  }
  withLock(() => {
    installModules()
    installDebianPackages(TEST_PACKAGES)
    if (!bedOnly) build()
  })
  return bedOnly ? ['scripts/test-bed.ts', ...args.slice(1)] : ['scripts/run-tests.ts', ...args]
}

// whoever reads only the last line must learn of a set-up that failed, too
if (!main(() => inForeground(setUp)) && !bedOnly) console.log('0 passed, 1 failed')
