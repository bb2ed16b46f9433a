import { describe, expect, it } from 'vitest'
import { AppError } from '../common/errors.js'
import { admitUpdate, BASELINE_POLICY, type ContainerUpdateRequest, type HostFacts, type TeamPolicy } from './index.js'

const GIB = 1024 ** 3
const HOST: HostFacts = { cpus: 4, memory: 8 * GIB, openFiles: 1_048_576, publishAddress: '127.0.0.1', apiVersion: '1.41' }

function admit(request: ContainerUpdateRequest, policy: Partial<TeamPolicy> = {}, autoRemove = false): object {
  return admitUpdate(request, { policy: { ...BASELINE_POLICY, ...policy }, host: HOST, autoRemove })
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

describe('admitUpdate', () => {
  it('writes what is named and nothing else', () => {
    expect(admit({ resources: { pids: 64 } })).toEqual({ PidsLimit: 64 })
    expect(admit({ resources: { cpus: 1.5 } })).toEqual({ NanoCpus: 1_500_000_000 })
    expect(admit({ restart: { policy: 'on-failure', maxRetries: 3 } })).toEqual({
      RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 },
    })
  })

  it('gives no swap with more memory', () => {
    expect(admit({ resources: { memory: GIB } })).toEqual({ Memory: GIB, MemorySwap: GIB })
  })

  it('judges by the rows of the creation, all at once', () => {
    const { code, details } = refusal(() =>
      admit({ resources: { memory: 4096, pids: 100_000 }, restart: { policy: 'always' } }, { profile: 'restricted' }),
    )
    expect(code).toBe('POLICY_DENIED')
    expect(details.violations?.map(({ path }) => path).sort()).toEqual(['/resources/memory', '/resources/pids', '/restart/policy'])
    expect(details.violations?.every(({ profile }) => profile === 'restricted')).toBe(true)
  })

  it.each([
    ['more than the host has', { resources: { cpus: 5 } }, '/resources/cpus'],
    ['nothing at all', {}, ''],
    ['retries of a policy that has none', { restart: { policy: 'always', maxRetries: 2 } }, '/restart/maxRetries'],
  ] as const)('says what is wrong with %s', (_, request, pointer) => {
    const { code, details } = refusal(() => admit(request))
    expect(code).toBe('INVALID_REQUEST')
    expect(details.errors).toContainEqual(expect.objectContaining({ pointer }))
  })

  it('gives no restart to what is removed at its end', () => {
    expect(refusal(() => admit({ restart: { policy: 'always' } }, {}, true)).details.errors).toEqual([
      expect.objectContaining({ pointer: '/restart/policy' }),
    ])
    expect(admit({ restart: { policy: 'no' } }, {}, true)).toEqual({ RestartPolicy: { Name: 'no' } })
  })
})
