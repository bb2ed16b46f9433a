/**
 * Thousands of requests drawn from the OpenAPI document, as everybody: none ends in an error of ours, in a code or an answer
 * that is not documented, or in a rejection that nobody took; and what they left is in order.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Fuzz } from './support/fuzz.js'
import { SweptHost } from './support/swept-host.js'

const REQUESTS = Number(process.env['BERTH_TEST_REQUESTS'] ?? 1_000)
const SEED = Number(process.env['BERTH_TEST_SEED'] ?? Date.now() % 2 ** 31)

let host: SweptHost
beforeAll(async () => {
  host = await SweptHost.start()
}, 120_000)
afterAll(() => host?.end())

it('random requests never end in an error of ours or in a code that is not documented, and leave everything in order', async () => {
  const fuzz = new Fuzz(host, SEED)
  const start = performance.now()
  // while it is all being made and removed, a sweep can do its work: what it says of a moment may be either
  const [, busy] = await Promise.all([fuzz.run(REQUESTS), host.sweep()])
  console.log(`${fuzz.summary}\n${Math.round((performance.now() - start) / 1000)} s`)
  expect(fuzz.faults).toEqual([])
  expect(fuzz.count).toBe(REQUESTS)
  expect(host.gateway.isRunning).toBe(true)
  expect(host.gateway.output).not.toMatch(/unhandled|uncaught/i)
  expect([0, 1], busy.output).toContain(busy.code)
  const [said] = (await host.assertInOrder()).split('\n')
  console.log(said)
}, 14_400_000)
