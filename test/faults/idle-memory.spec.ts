import { expect, it } from 'vitest'
import { until } from '../support/private-host.js'
import { GatewayProcess } from './support/gateway-process.js'

it('gives back what the start took, once nobody asks', { timeout: 60_000 }, async () => {
  await using process = await GatewayProcess.start()
  await until('it has collected', 40_000, () => / MiB were given back in /.test(process.output))
  const [, given] = /"msg":"(\d+) MiB were given back in/.exec(process.output)!
  expect(Number(given)).toBeGreaterThan(20)
  // and goes on as before
  await (await process.admin()).ok('GET', '/containers')
})
