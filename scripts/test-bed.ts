/**
 * `npm run test:bed`: starts a bed that stays until `npm run test:bed -- --stop`, for quick rounds of
 * `npx vitest run test/x`. `--name n` makes one of your own where several people share a checkout.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { BED_VARIABLE, Bed, bedFolder, purgeStale, startBed } from '../test/support/bed.js'
import { ownerOf } from '../test/support/private-host.js'

const { values } = parseArgs({ options: { stop: { type: 'boolean' }, name: { type: 'string', default: '' } } })
const name = `keep${createHash('sha256').update(`${process.cwd()}\0${values.name}`).digest('hex').slice(0, 8)}`

await purgeStale()
const kept = new Bed(bedFolder(name))
if (values.stop) await kept.purge()
else await show(existsSync(kept.dir) && (await kept.isUp()) ? kept : await restart())

async function restart(): Promise<Bed> {
  await kept.purge()
  const bed = await startBed({ name })
  // it lives as long as its engine, not as long as this command
  bed.setOwner(ownerOf(bed.engine.pid ?? 0))
  return bed
}

async function show(bed: Bed): Promise<void> {
  console.log(`export ${BED_VARIABLE}=${bed.dir}\nexport DOCKER_HOST=${bed.dockerHost}`)
  console.error('\nthe bed runs; paste the lines above, then: npx vitest run test/…\nto end it: npm run test:bed -- --stop')
}
