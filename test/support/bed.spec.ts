import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { BASE_IMAGE, bed } from './bed.js'
import { engineCall, engineJson } from './engine-http.js'
import { leftovers } from './leftovers.js'

describe('the test bed', () => {
  const { socketPath } = bed()
  const call = <T>(method: string, path: string, body?: unknown) => engineJson<T>(socketPath, method, path, body)

  it('runs an engine with its base image', async () => {
    const image = await call<{ RepoTags: string[]; Config: { Cmd: string[] } }>('GET', `/images/${BASE_IMAGE}/json`)
    expect(image.RepoTags).toContain(BASE_IMAGE)
    expect(image.Config.Cmd).toEqual(['sh'])
  })

  it('pulls an image of several layers from its registry', async () => {
    const reference = await bed().uniqueImage({ files: [{ a: '1' }, { b: '2' }] })
    const pull = await engineCall(socketPath, 'POST', `/images/create?fromImage=${encodeURIComponent(reference)}`)
    expect(pull.body).toContain('Downloaded newer image')
    const image = await call<{ RootFS: { Layers: string[] } }>('GET', `/images/${reference}/json`)
    await call('DELETE', `/images/${reference}`)
    expect(image.RootFS.Layers).toHaveLength(2)
  })

  it('reaches a published port from outside of the namespace, and names what is left behind', async () => {
    const body = {
      Image: BASE_IMAGE,
      Cmd: ['nc', '-l', '-p', '80', '-e', 'echo', 'hello'],
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { PortBindings: { '80/tcp': [{}] } },
    }
    const { Id } = await call<{ Id: string }>('POST', '/containers/create', body)
    try {
      await call('POST', `/containers/${Id}/start`)
      const { NetworkSettings } = await call<{ NetworkSettings: { Ports: Record<string, { HostPort: string }[]> } }>('GET', `/containers/${Id}/json`)
      const socket = await bed().dialInside(Number(NetworkSettings.Ports['80/tcp']?.[0]?.HostPort))
      const [bytes] = (await once(socket, 'data')) as [Buffer]
      socket.destroy()
      expect(bytes.toString()).toBe('hello\n')
      expect(await leftovers(socketPath)).toContainEqual(expect.stringContaining(Id.slice(0, 12)))
    } finally {
      await call('DELETE', `/containers/${Id}?force=true&v=true`)
    }
  })
})
