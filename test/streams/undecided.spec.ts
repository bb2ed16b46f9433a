import { expect, it } from 'vitest'
import { startGateway } from '../support/app.js'
import { Postgres } from '../support/postgres.js'
import { runContainer, scenario, withCmd } from '../support/scenario.js'
import { rawSocket, until } from './support.js'

it('cuts streams when the database stays away, since nobody can decide on them any more', async () => {
  const postgres = await Postgres.start()
  const gateway = await startGateway({ databaseUrl: await postgres.database('undecided') })
  const s = await scenario(gateway)
  try {
    await s.team('alpha')
    const ann = await s.user('ann', { alpha: 'developer' })
    const web = await runContainer(ann, withCmd('sh', '-c', 'while true; do date; sleep 1; done'))
    using socket = await rawSocket(gateway.url, { token: ann.accessToken! })
    const ack = await socket.ask('stream:open', { kind: 'container.logs', params: { containers: [web.id], follow: true } })
    expect(ack.ok).toBe(true)
    await postgres.halt()
    await until('the end of the stream', () => socket.of('stream:end').length === 1, 20_000)
    expect(socket.of('stream:end')[0]).toMatchObject({ reason: 'undecided', error: { code: 'decision_unavailable' } })
    await postgres.resume()
  } finally {
    await s.end()
    await gateway.stop()
    await postgres.stop()
  }
})
