import { describe, expect, it } from 'vitest'
import type { Admitted } from '../common/admitted.js'
import { AppError } from '../common/errors.js'
import type { ContainerSpec } from '../engine/index.js'
import {
  admitContainer,
  BASELINE_POLICY,
  type ContainerParts,
  type ContainerRequest,
  type HostFacts,
  isReservedLabel,
  normalTarget,
} from './index.js'

const HEX = `sha256:${'a'.repeat(64)}`

type Image = NonNullable<ContainerParts['image']>
type Parts = ContainerParts & { readonly image: Image }

function parts(request: Partial<ContainerRequest> = {}, image: Partial<Image> = {}, host: Partial<HostFacts> = {}): Parts {
  return {
    request: { image: 'app', ...request },
    policy: BASELINE_POLICY,
    image: {
      contentId: HEX,
      reference: 'docker.io/library/app:1',
      labels: {},
      volumes: [],
      exposed: [],
      workingDir: '',
      user: '',
      healthcheck: null,
      ...image,
    },
    host: { cpus: 4, memory: 8 * 1024 ** 3, openFiles: 1_048_576, publishAddress: '127.0.0.1', apiVersion: '1.41', ...host },
    mounts: { list: [], volumes: new Set(), exports: new Map() },
    network: { engineName: 'alpha--default', aliases: ['web'] },
  }
}

function admit(from: Parts): Admitted<ContainerSpec> {
  return admitContainer(from, { 'berth.uid': 'u', 'berth.witness': 'w' })
}

function refusal(work: () => unknown): AppError {
  try {
    work()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('it was admitted')
}

describe('admitContainer', () => {
  it('writes the image by content, and what it was asked by as a label', () => {
    const spec = admit(parts())
    expect(spec.Image).toBe(HEX)
    expect(spec['Labels']).toEqual({ 'berth.uid': 'u', 'berth.witness': 'w', 'berth.image': 'docker.io/library/app:1' })
  })

  it('is the only maker of what the engine may get', () => {
    const admitted: Admitted<ContainerSpec> = admit(parts())
    // @ts-expect-error a body that nobody judged does not compile as an admitted one
    const forged: Admitted<ContainerSpec> = { Image: HEX }
    expect(admitted.Image).toBe(forged.Image)
  })

  it('passes nothing through that is not in its own list', () => {
    const hostile = { image: 'app', HostConfig: { Privileged: true }, Binds: ['/:/host'], privileged: false } as unknown as ContainerRequest
    const text = JSON.stringify(admit({ ...parts(), request: hostile }))
    expect(text).not.toContain('/:/host')
    expect(text).toContain('"Privileged":false')
  })

  it('lets no label of the image or the client stand where ours is', () => {
    const spec = admit(
      parts({ labels: { a: 'client' } }, { labels: { 'berth.uid': 'evil', 'BERTH.x': 'evil', 'com.docker.x': 'evil', a: 'image' } }),
    )
    expect(spec['Labels']).toEqual({
      'berth.uid': 'u',
      'berth.witness': 'w',
      'berth.image': 'docker.io/library/app:1',
      'BERTH.x': '',
      'com.docker.x': '',
      a: 'client',
    })
  })

  it('bounds its defaults by what the host has', () => {
    const { HostConfig } = admit(parts({}, {}, { cpus: 1, memory: 512 * 1024 ** 2, openFiles: 4096 }))
    expect(HostConfig).toMatchObject({
      NanoCpus: 1e9,
      Memory: 536_870_912,
      MemorySwap: 536_870_912,
      Ulimits: [
        { Name: 'nofile', Soft: 4096, Hard: 4096 },
        { Name: 'core', Soft: 0, Hard: 0 },
      ],
    })
  })

  it.each([
    [{ resources: { cpus: 5 } }, '/resources/cpus'],
    [{ resources: { memory: 9 * 1024 ** 3 } }, '/resources/memory'],
  ])('refuses more than the host has: %j', (request, pointer) => {
    expect(refusal(() => admit(parts(request))).details.errors).toMatchObject([{ pointer }])
  })

  it('publishes what the image exposes once, beside what was asked, at the address of the setting', () => {
    const { HostConfig } = admit(
      parts({ publishAll: true, ports: [{ container: 80, host: 8080 }] }, { exposed: ['80/tcp', '53/udp', '1-5/tcp'] }),
    )
    expect(HostConfig?.PortBindings).toEqual({
      '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '8080' }],
      '53/udp': [{ HostIp: '127.0.0.1', HostPort: '' }],
    })
    expect(HostConfig?.['PublishAllPorts']).toBe(false)
  })

  it.each([
    ['a working directory of the kernel', { workingDir: '/proc/self/fd/8' }],
    ['one by another spelling', { workingDir: '/tmp/..//./sys' }],
    ['a volume over the kernel', { volumes: ['/dev'] }],
    ['a health check that never rests', { healthcheck: { Test: ['CMD', 'true'], Interval: 10_000_000 } }],
  ])('refuses in an image: %s', (_, image) => {
    expect(refusal(() => admit(parts({}, image)))).toMatchObject({
      code: 'POLICY_DENIED',
      details: { violations: [{ path: '/image', profile: 'baseline' }] },
    })
  })

  it('tells wrong fields and violations together, as one bad request', () => {
    const error = refusal(() => admit(parts({ privileged: true, restart: { policy: 'always', maxRetries: 3 } })))
    expect(error.code).toBe('INVALID_REQUEST')
    expect(error.details.errors).toMatchObject([{ pointer: '/restart/maxRetries' }])
    expect(error.details.violations).toMatchObject([{ path: '/privileged' }])
  })
})

describe('normalTarget', () => {
  it.each([
    ['/data', '/data'],
    ['/data/', '/data'],
    ['//data//x/../', '/data'],
    ['/', '/'],
  ])('%s is %s', (path, expected) => {
    expect(normalTarget(path)).toBe(expected)
  })
})

describe('isReservedLabel', () => {
  it.each([
    ['berth.uid', true],
    ['Berth.Uid', true],
    ['berth', true],
    ['berthing', false],
    ['com.docker.swarm.x', true],
    ['com.docker.compose.project', false],
    ['org.example', false],
  ])('%s: %s', (key, reserved) => {
    expect(isReservedLabel(key)).toBe(reserved)
  })
})
