import { describe, expect, it } from 'vitest'
import { BASE_IMAGE } from '../support/bed.js'
import { unjudged } from '../support/unjudged.js'
import { containersOf, engineOfBed, uniqueName } from './support/engine.js'

const engine = engineOfBed()
const { create, run } = containersOf(engine)
const failing = (code: string, details: object = {}) => expect.objectContaining({ code, details: expect.objectContaining(details) })

describe('system', () => {
  it('answers version, info, df and ping', async () => {
    expect(await engine.system.version()).toMatchObject({ ApiVersion: expect.stringMatching(/^1\.\d+$/) })
    expect(await engine.system.info()).toMatchObject({ OSType: 'linux' })
    expect((await engine.system.df()).LayersSize).toBeGreaterThan(0)
    expect(await engine.system.ping()).toBeLessThan(800)
    expect(engine.state).toMatchObject({ up: true, version: '1.41' })
  })
})

describe('the life of a container', () => {
  it('is told by the answers', async () => {
    const id = await create()
    expect(await engine.containers.start(id)).toBe(true)
    expect(await engine.containers.start(id)).toBe(false)
    expect((await engine.containers.top(id)).Processes.length).toBeGreaterThan(0)
    await engine.containers.restart(id, { timeout: 0 })
    await engine.containers.pause(id)
    await engine.containers.unpause(id)
    const name = uniqueName()
    await engine.containers.rename(id, name)
    expect((await engine.containers.inspect(id)).Name).toBe(`/${name}`)
    const waited = engine.containers.wait(id)
    await engine.containers.kill(id, { signal: 'KILL' })
    expect((await waited).StatusCode).toBe(137)
    expect(await engine.containers.stop(id)).toBe(false)
    await engine.containers.remove(id)
    await expect(engine.containers.inspect(id)).rejects.toEqual(failing('NOT_FOUND'))
  })

  it('stops a wait by its signal', async () => {
    const id = await run()
    const abort = new AbortController()
    const waited = engine.containers.wait(id, { signal: abort.signal })
    setTimeout(() => abort.abort(new Error('enough')), 50)
    await expect(waited).rejects.toThrow('enough')
  })
})

describe('conflicts', () => {
  it('are recognised', async () => {
    const id = await run()
    const { Name } = await engine.containers.inspect(id)
    const name = Name.slice(1)
    await expect(create({}, name)).rejects.toEqual(failing('NAME_IN_USE', { name }))
    await expect(engine.containers.remove(id)).rejects.toEqual(failing('CONTAINER_RUNNING'))
    await engine.containers.pause(id)
    await expect(engine.containers.start(id)).rejects.toEqual(failing('CONTAINER_PAUSED'))
    await expect(engine.containers.pause(id)).rejects.toEqual(failing('CONTAINER_PAUSED'))
    await expect(engine.exec.create(id, unjudged({ Cmd: ['true'] }))).rejects.toEqual(failing('CONTAINER_PAUSED'))
    await expect(engine.containers.remove(id)).rejects.toEqual(failing('CONTAINER_PAUSED'))
    await engine.containers.unpause(id)
    await expect(engine.containers.unpause(id)).rejects.toEqual(failing('CONFLICT', { reason: 'the container is not paused' }))
    await engine.containers.stop(id, { timeout: 0 })
    await expect(engine.containers.kill(id)).rejects.toEqual(failing('CONTAINER_NOT_RUNNING'))
    await expect(engine.containers.top(id)).rejects.toEqual(failing('CONTAINER_NOT_RUNNING'))
    await expect(engine.exec.create(id, unjudged({ Cmd: ['true'] }))).rejects.toEqual(failing('CONTAINER_NOT_RUNNING'))
    await expect(engine.containers.pause(id)).rejects.toEqual(failing('CONTAINER_NOT_RUNNING'))
  })

  it('of images', async () => {
    const id = await run()
    const { Image } = await engine.containers.inspect(id)
    await expect(engine.images.remove(Image)).rejects.toEqual(failing('IMAGE_IN_USE'))
    await expect(create({ Image: 'nothing:here' })).rejects.toEqual(failing('IMAGE_NOT_PRESENT', { reference: 'nothing:here' }))
    await expect(engine.images.inspect('nothing:here')).rejects.toEqual(failing('NOT_FOUND'))
  })
})

describe('a start that fails', () => {
  const rows = [
    ['a missing command', { Cmd: ['nowhere'] }, 'command not found'],
    ['a missing path', { Cmd: ['/no/where'] }, 'command not found'],
    ['a file that may not be executed', { Cmd: ['/etc/passwd'] }, 'the command may not be executed'],
    ['an unknown user', { User: 'nobody-here' }, 'the user or group does not exist in the image'],
    ['all capabilities, where the host lacks one', { HostConfig: { Privileged: true } }, 'the host does not permit what it asks for'],
    ['a directory on a file', { HostConfig: { Binds: ['/etc:/etc/passwd'] } }, 'a directory is mounted on a file or the other way round'],
    [
      'the network of a container that is not there',
      { HostConfig: { NetworkMode: `container:${'0'.repeat(64)}` } },
      'the container that it joins does not exist',
    ],
  ] as const
  it.each(rows)('says so: %s', async (_what, spec, reason) => {
    await expect(run({ HostConfig: {}, ...spec })).rejects.toEqual(failing('START_FAILED', { reason }))
  })

  it('is the request where the engine refuses it at create', async () => {
    const reason = 'the working directory can not be used'
    await expect(create({ WorkingDir: '/etc/passwd' })).rejects.toEqual(failing('INVALID_REQUEST', { reason }))
  })

  it('says so: a port that is in use', async () => {
    // below what the kernel gives to anybody who asks for any port
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    const HostConfig = { PortBindings: { '80/tcp': [{ HostPort: String(port) }] } }
    await run({ HostConfig, ExposedPorts: { '80/tcp': {} } })
    await expect(run({ HostConfig, ExposedPorts: { '80/tcp': {} } })).rejects.toEqual(failing('PORT_IN_USE', { port }))
  })
})

describe('ids', () => {
  const bad = ['', '..', 'a/b', '..%2fx', 'x?force=1', 'a'.repeat(300), 'a\0b', 'A'.repeat(64), `${'a'.repeat(64)}/..`]
  it.each(bad)('that are none never leave the process: %j', async (id) => {
    const calls = [
      () => engine.containers.inspect(id),
      () => engine.containers.remove(id),
      () => engine.containers.logs(id, { tty: false }),
      () => engine.networks.remove(id),
      () => engine.exec.inspect(id),
      () => engine.images.remove(id === 'a/b' ? 'a//b' : id === 'a'.repeat(300) ? 'a'.repeat(600) : id),
      () => engine.volumes.remove(id.startsWith('a'.repeat(64)) || id.startsWith('A') ? '/' : id),
    ]
    for (const call of calls) {
      await expect((async () => call())()).rejects.toThrow(/the engine part was given something that is not/)
    }
  })
})

describe('volumes and networks', () => {
  it('are made, listed and removed', async () => {
    const name = uniqueName()
    const volume = await engine.volumes.create(unjudged({ Name: name, Labels: { a: 'b' } }))
    expect(volume).toMatchObject({ Name: name, Labels: { a: 'b' } })
    expect(await engine.volumes.list()).toContainEqual(expect.objectContaining({ Name: name }))
    const id = await create({ HostConfig: { Mounts: [{ Type: 'volume', Source: name, Target: '/v' }] } })
    await expect(engine.volumes.remove(name)).rejects.toEqual(failing('CONFLICT', { reason: 'the volume is in use' }))
    await engine.containers.remove(id)
    await engine.volumes.remove(name)
    await expect(engine.volumes.inspect(name)).rejects.toEqual(failing('NOT_FOUND'))
  })

  it('connect and disconnect', async () => {
    const name = uniqueName()
    const { Id } = await engine.networks.create(unjudged({ Name: name, Driver: 'bridge' }))
    await expect(engine.networks.create(unjudged({ Name: name }))).rejects.toEqual(failing('NAME_IN_USE', { name }))
    const id = await run()
    await engine.networks.connect(Id, id, unjudged({ Aliases: ['web'] }))
    await expect(engine.networks.connect(Id, id, unjudged({}))).rejects.toEqual(
      failing('CONFLICT', { reason: 'the container is connected to the network already' }),
    )
    expect((await engine.containers.inspect(id)).NetworkSettings.Networks?.[name]?.Aliases).toContain('web')
    await expect(engine.networks.remove(Id)).rejects.toEqual(failing('CONFLICT', { reason: 'the network has connected containers' }))
    await engine.networks.disconnect(Id, id)
    await expect(engine.networks.disconnect(Id, id)).rejects.toEqual(
      failing('CONFLICT', { reason: 'the container is not connected to the network' }),
    )
    await engine.networks.remove(Id)
    await expect(engine.networks.inspect(Id)).rejects.toEqual(failing('NOT_FOUND'))
  })
})

describe('images', () => {
  it('are tagged, told and untagged', async () => {
    const tag = uniqueName()
    const { Id } = await engine.images.inspect(BASE_IMAGE)
    await engine.images.tag(Id, { repository: 'localhost:5000/engine/x', tag })
    expect((await engine.images.history(Id)).length).toBeGreaterThan(0)
    expect(await engine.images.list()).toContainEqual(
      expect.objectContaining({ Id, RepoTags: expect.arrayContaining([`localhost:5000/engine/x:${tag}`]) }),
    )
    expect(await engine.images.remove(`localhost:5000/engine/x:${tag}`)).toEqual([{ Untagged: `localhost:5000/engine/x:${tag}` }])
  })
})
