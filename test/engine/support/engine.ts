import { afterAll, beforeAll } from 'vitest'
import { Engine, type ContainerSpec, type EngineOptions } from '../../../src/engine/index.js'
import { BASE_IMAGE, bed } from '../../support/bed.js'
import { unjudged } from '../../support/unjudged.js'

/** An Engine on the bed for one spec file, shut down after it. Nothing is watched until `engine.onModuleInit()`. */
export function engineOfBed(options: Partial<EngineOptions> = {}): Engine {
  const engine = new Engine({ dockerHost: bed().dockerHost, ...options })
  beforeAll(() => engine.onModuleInit())
  afterAll(() => engine.onApplicationShutdown())
  return engine
}

/** Containers of one spec file, removed after it. */
export function containersOf(engine: Engine) {
  const made: string[] = []
  afterAll(async () => {
    await Promise.all(made.map((id) => engine.containers.remove(id, { force: true, volumes: true }).catch(() => undefined)))
  })
  const create = async (spec: Partial<ContainerSpec> = {}, name = uniqueName()): Promise<string> => {
    const base = { Image: BASE_IMAGE, Cmd: ['sleep', '600'], HostConfig: { Init: true } }
    const { Id } = await engine.containers.create(name, unjudged({ ...base, ...spec }))
    made.push(Id)
    return Id
  }
  const run = async (spec: Partial<ContainerSpec> = {}, name?: string): Promise<string> => {
    const id = await create(spec, name)
    await engine.containers.start(id)
    return id
  }
  return { create, run }
}

let last = 0

/** A name that no other test has. */
export function uniqueName(): string {
  return `engine-${process.pid}-${Date.now().toString(36)}-${++last}`
}

/** Waits until it is so; fails after the limit (ms). */
export async function until(what: string, check: () => unknown, limit = 10_000): Promise<void> {
  const end = performance.now() + limit
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`waited ${limit} ms for: ${what}`)
    await new Promise((done) => setTimeout(done, 10))
  }
}
