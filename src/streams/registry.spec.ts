import 'reflect-metadata'
import { describe, expect, it } from 'vitest'
import { type AnyKind, assertOffered } from './registry.js'

class None {}
const kind = (operation: string, more: Partial<AnyKind> = {}) =>
  ({ kind: `test.${operation}`, operation, params: None, summary: '', ...more }) as AnyKind
const ALL = [kind('ContainerLogs'), kind('ContainerExec', { covers: ['ExecStart', 'ExecResize', 'ExecInspect'] }), kind('JobProgress')]

describe('boot', () => {
  it('takes what the operations table offers', () => {
    expect(() => assertOffered(ALL)).not.toThrow()
  })

  it('refuses a source without an operation', () => {
    expect(() => assertOffered([...ALL, kind('Nothing')])).toThrow(/no row Nothing/)
  })

  it.each(['ContainerRestart', 'ContainerStats', 'SwarmInit'])('refuses a source of %s, which is not offered over sockets', (operation) => {
    expect(() => assertOffered([...ALL, kind(operation)])).toThrow(/not offered over sockets/)
  })

  it('refuses an offered operation without a source, but for the covered ones', () => {
    expect(() => assertOffered(ALL.slice(0, 2))).toThrow(/without a stream source: JobProgress/)
    expect(() => assertOffered([kind('ContainerLogs'), kind('ContainerExec'), kind('JobProgress')])).toThrow(
      /ExecStart, ExecResize, ExecInspect/,
    )
  })
})
