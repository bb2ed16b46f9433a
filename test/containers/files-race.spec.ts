/**
 * A container that swaps a folder for a link to `/` while its files are copied (CVE-2018-15664): what is read and written must stay
 * in the container, whatever the moment.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runContainer, scenario, type Actor, type Scenario, withCmd, withName } from '../support/scenario.js'
import { bytes, contentOf, tarWith } from './support/archive.js'

let s: Scenario
let ann: Actor
/** On the host, in a folder that the container has too. */
const name = `berth-race-${randomBytes(6).toString('hex')}`
const onHost = join(tmpdir(), name)
const SECRET = 'a secret of the host'

beforeAll(async () => {
  writeFileSync(onHost, SECRET)
  s = await scenario()
  await s.team('alpha')
  ann = await s.user('ann', { alpha: 'developer' })
  const swap = `mkdir -p /w ${tmpdir()}; echo own > ${onHost}; while :; do mkdir -p /w/x${tmpdir()}; rm -rf /w/x; ln -s / /w/x; sleep 0; sleep 0; sleep 0; rm /w/x; done`
  await runContainer(ann, withName('web'), withCmd('sh', '-c', swap))
})
afterAll(async () => {
  await s?.end()
  for (const left of readdirSync(tmpdir())) if (left.startsWith(name)) rmSync(join(tmpdir(), left), { recursive: true, force: true })
})

const at = (path: string, more = '') => `/containers/web/archive?path=${encodeURIComponent(path)}${more}`

it('reads nothing of the host, and writes nothing there', async () => {
  const seen = { own: 0, nothing: 0 }
  for (let round = 0; round < 300 && (round < 40 || Math.min(seen.own, seen.nothing) < 3); round++) {
    const file = await bytes(ann, 'GET', at(`/w/x${onHost}`))
    const evil = `${name}-${round}`
    await bytes(ann, 'PUT', at(`/w/x${tmpdir()}`), await tarWith({ name: evil, content: 'evil' }))
    if (file.status === 200) {
      expect(await contentOf(file.bytes)).toEqual({ [name]: 'own\n' })
      seen.own++
    } else seen.nothing++
    expect(existsSync(join(tmpdir(), evil))).toBe(false)
  }
  // the race was on: both states were met
  expect(Math.min(seen.own, seen.nothing)).toBeGreaterThan(0)
})
