import { randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { tarOf } from '../../scripts/tar.js'
import { BASE_IMAGE, bed } from './bed.js'
import { engineCall, engineJson } from './engine-http.js'
import { leftovers } from './leftovers.js'
import { until } from './private-host.js'

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
      Cmd: ['nc', '-ll', '-p', '80', '-e', 'echo', 'hello'],
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { PortBindings: { '80/tcp': [{}] } },
    }
    const { Id } = await call<{ Id: string }>('POST', '/containers/create', body)
    try {
      await call('POST', `/containers/${Id}/start`)
      const { NetworkSettings } = await call<{ NetworkSettings: { Ports: Record<string, { HostPort: string }[]> } }>(
        'GET',
        `/containers/${Id}/json`,
      )
      const port = Number(NetworkSettings.Ports['80/tcp']?.[0]?.HostPort)
      // docker-proxy accepts before the container listens, and then closes without a byte
      await until('the greeting', 10_000, async () => (await readInside(port)) === 'hello\n')
      expect(await leftovers(socketPath)).toContainEqual(expect.stringContaining(Id.slice(0, 12)))
    } finally {
      await call('DELETE', `/containers/${Id}?force=true&v=true`)
    }
  })
})

async function readInside(port: number): Promise<string> {
  const socket = await bed().dialInside(port)
  return text(socket).catch(() => '')
}

describe('a second engine', () => {
  it('survives kill -9, SIGSTOP and a restart, and has the same images to pull', async () => {
    const engine = await bed().startEngine()
    try {
      await engine.kill()
      expect(await engine.answers()).toBe(false)
      await engine.start()
      await engine.freeze()
      expect(await engine.answers()).toBe(false)
      engine.thaw()
      await engine.restart()
      const pull = await engineCall(engine.dockerHost, 'POST', '/images/create?fromImage=layered&tag=1')
      expect(pull.body).toContain('Downloaded newer image')
    } finally {
      await engine.purge()
    }
  })

  it('has a disk of its own that can be full', async () => {
    const engine = await bed().startEngine({ diskMb: 64 })
    try {
      const pull = await engineCall(engine.dockerHost, 'POST', '/images/create?fromImage=random&tag=20m')
      expect(pull.status).toBe(200)
      const { body } = await engineCall(
        engine.dockerHost,
        'POST',
        '/images/create?fromSrc=-&repo=big',
        tarOf({ big: randomBytes(60 << 20) }),
      )
      expect(body).toContain('no space left on device')
    } finally {
      await engine.purge()
    }
  })
})

describe('a registry with users', () => {
  it('refuses without a password and takes the right one', async () => {
    const registry = await bed().startRegistry({ port: 5001, users: { ann: 'secret' } })
    const forward = await bed().forward(5001)
    try {
      const authorization = `Basic ${Buffer.from('ann:secret').toString('base64')}`
      const answers = await Promise.all([fetch(`${forward.url}/v2/`), fetch(`${forward.url}/v2/`, { headers: { authorization } })])
      expect(answers.map(({ status }) => status)).toEqual([401, 200])
    } finally {
      await forward.close()
      await registry.stop()
    }
  })
})
