/** vitest's set-up of the e2e project: uses the bed that BERTH_TEST_BED names, else starts one for this run. */
import { BED_VARIABLE, purgeStale, startBed } from './bed.js'
import { leftovers } from './leftovers.js'

export default async function setUp(): Promise<(() => Promise<void>) | undefined> {
  if (process.env[BED_VARIABLE]) return undefined
  await purgeStale()
  const bed = await startBed()
  // the workers are forked after this and inherit it
  process.env[BED_VARIABLE] = bed.dir
  return async () => {
    const left = await leftovers(bed.socketPath).finally(() => bed.purge())
    if (left.length > 0) throw new Error(`left on the engine:\n${left.join('\n')}`)
  }
}
