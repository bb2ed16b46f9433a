import { describe, expect, it } from 'vitest'
import type { Admitted } from '../common/admitted.js'
import { AppError } from '../common/errors.js'
import type { ContainerInspect, ContainerSpec } from '../engine/index.js'
import { admitContainer, assertAsAdmitted, BASELINE_POLICY, type ContainerRequest, type ImageFacts, type Profile } from './index.js'

const IMAGE: ImageFacts = {
  contentId: `sha256:${'a'.repeat(64)}`,
  reference: 'docker.io/library/app:1',
  labels: {},
  volumes: [],
  exposed: [],
  workingDir: '',
  user: '',
  healthcheck: null,
}

function admit(request: Partial<ContainerRequest>, profile: Profile): Admitted<ContainerSpec> {
  return admitContainer(
    {
      request: { image: 'app', ...request },
      policy: { ...BASELINE_POLICY, profile },
      image: IMAGE,
      host: { cpus: 4, memory: 8 * 1024 ** 3, openFiles: 1_048_576, publishAddress: '127.0.0.1', apiVersion: '1.41' },
      mounts: { list: [], volumes: new Set(), exports: new Map() },
      network: { engineName: 'alpha--default', aliases: ['web'] },
    },
    { 'berth.uid': 'u' },
  )
}

/** What an engine would answer that did as it was told, with what it adds by itself. */
function inspected(admitted: Admitted<ContainerSpec>, hostConfig: object = {}): ContainerInspect {
  const { HostConfig, NetworkingConfig: _, ...Config } = admitted as Record<string, unknown>
  const filled = { MaskedPaths: ['/proc/kcore'], ReadonlyPaths: ['/proc/sys'], OomKillDisable: false, CpusetCpus: '' }
  return { Config, HostConfig: { ...filled, ...(HostConfig as object), ...hostConfig } } as unknown as ContainerInspect
}

function differences(work: () => void): string {
  try {
    work()
    return ''
  } catch (error) {
    if (error instanceof AppError && error.code === 'ADMISSION_MISMATCH') return String(error.details['paths'])
    throw error
  }
}

describe('what the engine made, held to what was admitted', () => {
  it('is fine with what the engine fills in', () => {
    const spec = admit({}, 'baseline')
    expect(differences(() => assertAsAdmitted(spec, inspected(spec)))).toBe('')
  })

  it.each([
    ['privileged', { Privileged: true }],
    ['a capability more', { CapAdd: ['SYS_ADMIN'] }],
    ['a capability that was not dropped', { CapDrop: ['NET_RAW'] }],
    ['a bind mount', { Binds: ['/:/host'] }],
    ['another network', { NetworkMode: 'host' }],
    ['the host’s processes', { PidMode: 'host' }],
    ['no masked paths', { MaskedPaths: null }],
    ['no limit of memory', { Memory: 0 }],
    ['swap', { MemorySwap: -1 }],
    ['a security option less', { SecurityOpt: [] }],
    ['a security option more', { SecurityOpt: ['no-new-privileges', 'label=disable'] }],
  ])('finds %s', (_, made) => {
    const spec = admit({}, 'baseline')
    expect(differences(() => assertAsAdmitted(spec, inspected(spec, made)))).toBe(`HostConfig.${Object.keys(made)[0]}`)
  })

  it('knows what the engine adds to a privileged one', () => {
    const spec = admit({ privileged: true }, 'privileged')
    const made = { SecurityOpt: ['no-new-privileges', 'label=disable'], MaskedPaths: null, ReadonlyPaths: null }
    expect(differences(() => assertAsAdmitted(spec, inspected(spec, made)))).toBe('')
  })
})

describe('a restricted team', () => {
  it('may run an image of root as somebody else', () => {
    expect(admit({ user: '1000' }, 'restricted')['User']).toBe('1000')
  })

  it('hears of the user once, where it can be said', () => {
    expect(() => admit({}, 'restricted')).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ violations: [expect.objectContaining({ path: '/user' })] }) }),
    )
  })
})
