/** What is asked of a container while it goes, or its files do: an error that says so, and never one of the engine's own. */
import { expect, it } from 'vitest'
import { AppError } from '../../src/common/errors.js'
import { containersOf, engineOfBed } from './support/engine.js'

const engine = engineOfBed()
const { create, run } = containersOf(engine)

/** Makes and removes files as fast as it can. */
const CHURN = ['sh', '-c', 'while :; do for i in 1 2 3 4 5 6 7 8 9; do mkdir -p /x$i/y; echo a > /x$i/y/z; done; rm -rf /x*; done']
const ROUNDS = 24

const drained = async (chunks: AsyncIterable<unknown>) => {
  for await (const _ of chunks);
}
const calls: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
  changes: (id) => engine.files.changes(id),
  inspect: (id) => engine.containers.inspect(id),
  sizes: (id) => engine.containers.sizes(id),
  stat: (id) => engine.files.stat(id, '/bin'),
  read: async (id) => drained((await engine.files.read(id, '/etc')).chunks),
  logs: async (id) => drained(await engine.containers.logs(id, { tty: false })),
  top: (id) => engine.containers.top(id),
  update: (id) => engine.containers.update(id, {} as never),
  exec: (id) => engine.exec.create(id, { Cmd: ['true'] } as never),
}

it('a container that is removed meanwhile is gone, going or ended, whatever is asked of it', async () => {
  const seen = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round++) {
    const id = await (round % 3 === 0 ? create : run)({ Cmd: CHURN })
    const gone = new AbortController()
    const ask = async ([name, call]: (typeof entries)[number]): Promise<void> => {
      while (!gone.signal.aborted) {
        const code = await call(id).then(
          () => 'ok',
          (error: unknown) => (error instanceof AppError ? error.code : String(error)),
        )
        seen.set(`${name} ${code}`, (seen.get(`${name} ${code}`) ?? 0) + 1)
      }
    }
    const entries = Object.entries(calls)
    const removal = new Promise((done) => setTimeout(done, 20))
      .then(() => engine.containers.remove(id, { force: true }))
      .finally(() => gone.abort())
    await Promise.all([removal, ...entries.map(ask)])
  }
  // an archive that is cut on its way is no answer at all
  const fine = / (ok|NOT_FOUND|CONFLICT|CONTAINER_NOT_RUNNING)$|^read ENGINE_UNAVAILABLE$/
  expect([...seen.keys()].filter((what) => !fine.test(what))).toEqual([])
  // the race was on
  expect([...seen.keys()]).toEqual(expect.arrayContaining(['changes CONFLICT', 'inspect ok']))
}, 120_000)

it('files that change while they are compared are walked over again', async () => {
  const id = await run({ Cmd: CHURN })
  const end = Date.now() + 3_000
  let [compared, given] = [0, 0]
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      while (Date.now() < end)
        await engine.files.changes(id).then(
          () => compared++,
          (error: unknown) => {
            expect(error).toMatchObject({ code: 'CONFLICT', details: { reason: expect.stringContaining('pause it first') } })
            given++
          },
        )
    }),
  )
  expect(compared).toBeGreaterThan(given)
})
