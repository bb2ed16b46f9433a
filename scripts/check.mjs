// `npm run check`: every check:* script, also after one that failed, with a line for each at the end. `--names` of some
// of them (`npm run check -- types lint`) runs only those.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeSync } from 'node:fs'
import process from 'node:process'
import { ROOT, SetupError, build, environment, installModules, main, step, withLock } from './setup.mjs'

const only = process.argv.slice(2)
const { scripts } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8'))
const all = Object.keys(scripts)
  .filter((name) => name.startsWith('check:'))
  .map((name) => name.slice('check:'.length))
const unknown = only.filter((name) => !all.includes(name))
const chosen = all.filter((name) => only.length === 0 || only.includes(name))
const failed = []

function check(name) {
  step(`check:${name}`)
  const { status } = spawnSync('npm', ['run', '--silent', `check:${name}`], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: environment(),
  })
  if (status !== 0) failed.push(name)
  // written at once: the next check blocks this process
  writeSync(1, `${status === 0 ? 'ok  ' : 'FAIL'} ${name}\n`)
}

const done = main(() => {
  if (unknown.length > 0) throw new SetupError(`no such check: ${unknown.join(' ')}; there are ${all.join(' ')}`)
  withLock(() => {
    installModules()
    // the contract is generated from the build
    if (chosen.includes('contract')) buildOrFail()
  })
  chosen.forEach(check)
})

function buildOrFail() {
  try {
    build()
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    process.stderr.write(`${error.message}: the checks run on what was built before\n`)
    failed.push('build')
  }
}

const passed = chosen.filter((name) => !failed.includes(name)).length
console.log(`checks: ${done ? passed : 0} passed, ${failed.length + (done ? 0 : 1)} failed`)
if (failed.length > 0) process.exitCode = 1
