import { describe, expect, it } from 'vitest'
import { AppError } from '../common/errors.js'
import { throughDockerode, type Dialled } from './modem.js'

const ID = 'a'.repeat(64)

describe('a call through dockerode', () => {
  it('gives what was carried, not what dockerode makes of it', async () => {
    const answer = { Id: ID, Warnings: ['slow'] }
    expect(
      await throughDockerode(
        (docker) => docker.createContainer({}),
        async () => answer,
      ),
    ).toBe(answer)
  })

  it('throws the very error of the carrier', async () => {
    const error = new AppError('ENGINE_TIMEOUT')
    const call = throughDockerode(
      (docker) => docker.info(),
      () => Promise.reject(error),
    )
    await expect(call).rejects.toBe(error)
  })

  it('rejects, and does not end the process, when dockerode fails on an answer', async () => {
    const call = throughDockerode(
      (docker) => docker.createContainer({}),
      async () => null,
    )
    await expect(call).rejects.toThrow(TypeError)
  })

  it.each(['web', 'a/b', '..', `${ID}?x=1`, `${ID}/../${ID}`, ''])('refuses the id %j before anything is sent', async (id) => {
    const sent: Dialled[] = []
    const call = throughDockerode(
      (docker) => docker.getContainer(id).inspect(),
      async (request) => sent.push(request),
    )
    await expect(call).rejects.toThrow(/not a path of ours/)
    expect(sent).toEqual([])
  })

  it.each([
    ['logs', (docker) => docker.getContainer(ID).logs({})],
    ['attach', (docker) => docker.getContainer(ID).attach({})],
    ['an exec start', (docker) => docker.getExec(ID).start({})],
    ['a pull', (docker) => docker.pull('busybox')],
    ['events', (docker) => docker.getEvents()],
    ['a prune', (docker) => docker.pruneContainers()],
    ['a ping', (docker) => docker.ping()],
  ] satisfies [string, Parameters<typeof throughDockerode>[0]][])('refuses %s', async (_what, ask) => {
    await expect(throughDockerode(ask, async () => ({}))).rejects.toThrow(/not a path of ours/)
  })

  it('is one request, not two and not none', async () => {
    const two = throughDockerode(
      async (docker) => [await docker.info(), await docker.info()],
      async () => ({}),
    )
    await expect(two).rejects.toThrow('two calls out of one')
    await expect(
      throughDockerode(
        async () => undefined,
        async () => ({}),
      ),
    ).rejects.toThrow('made no call')
  })
})
