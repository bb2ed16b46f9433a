import 'reflect-metadata'
import { describe, expect, it } from 'vitest'
import { operation, type OperationId, OPERATIONS } from '../access/index.js'
import { type AnyKind, assertOffered } from './registry.js'

class None {}
const kind = (operation: string, more: Partial<AnyKind> = {}) =>
  ({ kind: `test.${operation}`, operation, params: None, summary: '', ...more }) as AnyKind
const COVERED = ['ExecStart', 'ExecResize', 'ExecInspect']
const OFFERED = Object.keys(OPERATIONS).filter((id) => ['stream', 'both'].includes(operation(id as OperationId).edge))
const ALL = OFFERED.filter((id) => !COVERED.includes(id)).map((id) => kind(id, id === 'ContainerExec' ? { covers: COVERED as never } : {}))

describe('boot', () => {
  it('takes what the operations table offers', () => {
    expect(() => assertOffered(ALL)).not.toThrow()
  })

  it('refuses a source without an operation', () => {
    expect(() => assertOffered([...ALL, kind('Nothing')])).toThrow(/no row Nothing/)
  })

  it.each(['ContainerRestart', 'ContainerUpdate', 'SwarmInit'])(
    'refuses a source of %s, which is not offered over sockets',
    (operation) => {
      expect(() => assertOffered([...ALL, kind(operation)])).toThrow(/not offered over sockets/)
    },
  )

  it('refuses an offered operation without a source, but for the covered ones', () => {
    const without = (id: string) => ALL.filter(({ operation: each }) => each !== id)
    expect(() => assertOffered(without('JobProgress'))).toThrow(/without a stream source: JobProgress/)
    expect(() => assertOffered([...without('ContainerExec'), kind('ContainerExec')])).toThrow(/ExecStart, ExecResize, ExecInspect/)
  })
})
