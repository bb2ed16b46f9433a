// `npm run check:contract`: generates the contract in memory and fails when a file is not what the code generates. It says
// nothing about git: what is on the disk counts.
import { spawnSync } from 'node:child_process'
import { ROOT, SetupError, build, environment, main, node24, withLock } from './setup.mjs'

main(() => {
  withLock(build)
  const { status } = spawnSync(node24(), ['dist/contract.js', '--check'], { cwd: ROOT, stdio: 'inherit', env: environment() })
  if (status !== 0) throw new SetupError('the contract is not what the code generates: npm run build && npm run contract')
})
