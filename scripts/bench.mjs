// `npm run bench`: makes sure that everything is there, then hands over to our TypeScript on Node 24.
import process from 'node:process'
import { SetupError, TEST_PACKAGES, build, inForeground, installDebianPackages, installModules, main, withLock } from './setup.mjs'

main(() =>
  inForeground(() => {
    if (process.platform !== 'linux' || process.getuid() !== 0) {
      throw new SetupError('the bench starts a private Docker engine, which takes root on Linux: run this as root, or in a virtual machine')
    }
    withLock(() => {
      installModules()
      installDebianPackages(TEST_PACKAGES)
      build()
    })
    return ['bench/main.ts', ...process.argv.slice(2)]
  }),
)
