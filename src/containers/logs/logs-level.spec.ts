import { describe, expect, it } from 'vitest'
import { parseLine } from './logs-level.js'

describe('parseLine', () => {
  it.each([
    ['{"level":30,"msg":"listening"}', { json: true, level: 'info', message: 'listening' }],
    ['{"level":"WARNING","message":"low disk"}', { json: true, level: 'warn', message: 'low disk' }],
    ['{"severity":"ERROR","event":"crash"}', { json: true, level: 'error', message: 'crash' }],
    ['{"log.level":"debug"}', { json: true, level: 'debug' }],
    ['{"level":{"nested":1},"msg":5}', { json: true }],
    ['{"level":"constructor"}', { json: true }],
    ['{"not json', {}],
    ['[1,2]', {}],
    ['time=2026-11-27T10:00:00Z level=warning msg="x"', { level: 'warn' }],
    ['2026/11/27 10:00:00 [error] 7#7: *1 open() failed', { level: 'error' }],
    ['2026-11-27 10:00:00,123 WARN  [main] c.e.App - slow', { level: 'warn' }],
    ['E0525 10:15:03.123456       1 main.go:42] broken', { level: 'error' }],
    ['error: cannot open', { level: 'error' }],
    ['Warning: deprecated', { level: 'warn' }],
    ['no information about errors here', {}],
    ['10.0.0.1 - - "GET /error HTTP/1.1" 200', {}],
    ['panic: runtime error', { level: 'fatal' }],
    [`${'x'.repeat(300)} ERROR`, {}],
    ['', {}],
  ])('reads %s', (text, wanted) => {
    expect(parseLine(text)).toEqual(wanted)
  })
})
