// `npm run check:contract`: generates the contract again and fails when that changes a committed file or makes a new one.
import { spawnSync } from 'node:child_process'
import { ROOT, SetupError, environment, main } from './setup.mjs'

const GENERATED = ['api', 'clients/typescript/src/generated']

function run(command, ...args) {
  const { status, stdout, error } = spawnSync(command, args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: environment(),
  })
  if (status !== 0) throw new SetupError(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}\n${stdout ?? ''}`)
  return stdout
}

main(() => {
  run('npm', 'run', '--silent', 'contract')
  const changed = run('git', 'status', '--porcelain', '--untracked-files=all', '--', ...GENERATED)
  if (changed)
    throw new SetupError(
      `the contract is not what the code generates; commit these with their cause:\n${changed}${run('git', '--no-pager', 'diff', '--stat', '--', ...GENERATED)}`,
    )
})
