import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Engine } from '../../src/engine/index.js'
import { bed } from '../support/bed.js'
import { unjudged } from '../support/unjudged.js'
import { containersOf, engineOfBed, uniqueName, until } from './support/engine.js'

/** The engine with its events swallowed: everything that happens happens without one. */
const dir = mkdtempSync(join(tmpdir(), 'berth-relay-'))
const socket = join(dir, 'd.sock')
const relay = createServer((client) => {
  const upstream = connect(bed().socketPath)
  let deaf = false
  client.on('data', (data) => {
    deaf ||= data.includes('/events')
    upstream.write(data)
  })
  upstream.on('data', (data) => {
    // the head only: with it the subscription stands
    const end = data.indexOf('\r\n\r\n') + 4
    client.write(deaf ? data.subarray(0, data.toString('latin1').startsWith('HTTP/1.1') ? end : 0) : data)
  })
  client.on('close', () => upstream.destroy()).on('error', () => undefined)
  upstream.on('close', () => client.destroy()).on('error', () => undefined)
})

const host = engineOfBed()
const { create, run } = containersOf(host)
let engine: Engine

beforeAll(async () => {
  await new Promise<void>((done) => relay.listen(socket, done))
  engine = new Engine({ dockerHost: `unix://${socket}`, relistEveryMs: 500 })
  engine.onModuleInit()
  await engine.inventory.ready()
})

afterAll(async () => {
  await engine.onApplicationShutdown()
  relay.close()
  rmSync(dir, { recursive: true, force: true })
})

describe('what changes without an event', () => {
  it('is found by the periodic check', async () => {
    const { inventory } = engine
    const id = await create({ Cmd: ['sh', '-c', 'exit 9'] })
    await until('made', () => inventory.containers.get(id)?.state === 'created', 3_000)
    await host.containers.start(id)
    await until('ended', () => inventory.containers.get(id)?.detail?.exitCode === 9, 3_000)
    const name = uniqueName()
    await host.containers.rename(id, name)
    await until('renamed', () => inventory.containers.get(id)?.engineName === name, 3_000)
    await host.containers.remove(id)
    await until('removed', () => !inventory.containers.get(id), 3_000)
    expect(inventory.stale).toBe(false)
  })

  it('is found for volumes, networks and health too', async () => {
    const { inventory } = engine
    const name = uniqueName()
    await host.volumes.create(unjudged({ Name: name }))
    const { Id } = await host.networks.create(unjudged({ Name: name }))
    const id = await run({ Healthcheck: { Test: ['CMD', 'true'], Interval: 1_000_000_000 }, HostConfig: { NetworkMode: name } })
    await until('made', () => inventory.volumes.get(name) && inventory.networks.get(Id), 3_000)
    await until('healthy', () => inventory.containers.get(id)?.detail?.health === 'healthy', 5_000)
    await host.containers.remove(id, { force: true })
    await host.networks.remove(Id)
    await host.volumes.remove(name)
    await until('removed', () => !inventory.volumes.get(name) && !inventory.networks.get(Id), 3_000)
    expect(inventory.stale).toBe(false)
  })
})
