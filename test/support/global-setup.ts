/** vitest's set-up of the e2e project: uses the bed that BERTH_TEST_BED names, else starts one for this run. */
import { BED_VARIABLE, bed as runningBed, purgeStale, startBed } from './bed.js'
import { leftovers } from './leftovers.js'

export default async function setUp(): Promise<(() => Promise<void>) | undefined> {
  if (process.env[BED_VARIABLE]) return useRunning()
  await purgeStale()
  const bed = await startBed()
  // the workers are forked after this and inherit it
  process.env[BED_VARIABLE] = bed.dir
  return async () => {
    const left = await leftovers(bed.socketPath)
    await bed.purge()
    if (left.length > 0) throw new Error(`left on the engine:\n${left.join('\n')}`)
  }
}

async function useRunning(): Promise<undefined> {
  const { engine, dir } = runningBed()
  if (!(await engine.answers())) throw new Error(`no engine answers in ${dir}: npm run test:bed`)
  // the runner that this bed belongs to was killed: nobody waits for these tests any more
  setInterval(() => engine.isStale && process.exit(1), 1_000).unref()
}
