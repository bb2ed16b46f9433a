// `npm run quickstart`: makes sure that everything is there, then hands over to our TypeScript on Node 24.
import process from 'node:process'
import { build, inForeground, installModules, main, withLock } from './setup.mjs'

main(() =>
  inForeground(() => {
    withLock(() => {
      installModules()
      build()
    })
    return ['scripts/quickstart.ts', ...process.argv.slice(2)]
  }),
)
