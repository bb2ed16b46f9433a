import { describe, expect, it } from 'vitest'
import type { EngineEvent } from '../engine/index.js'
import { readEvent } from './engine-event.js'
import { cursorOf, placeOf } from './event-place.js'
import { isoOf, isoOfNano } from './event-time.js'

const ID = 'a'.repeat(64)
const event = (Action: string, Attributes: Record<string, string> = {}, Type = 'container'): EngineEvent => ({
  Type,
  Action,
  Actor: { ID, Attributes },
  time: 1795815942,
  timeNano: 1795815942297193500,
})

describe('readEvent', () => {
  it.each([
    ['exec_create: sh -c echo a: b', { execID: ID }, { action: 'exec_create', data: { exec: ID, command: 'sh -c echo a: b' } }],
    ['exec_die', { execID: ID, exitCode: '0' }, { action: 'exec_die', data: { exec: ID, exitCode: 0 } }],
    ['health_status: unhealthy', {}, { action: 'health_status', data: { health: 'unhealthy' } }],
    ['die', { exitCode: '137' }, { action: 'die', data: { exitCode: 137 } }],
    ['kill', { signal: '9' }, { action: 'kill', data: { signal: '9' } }],
    ['mount', { destination: '/d', 'read/write': 'false' }, { action: 'mount', data: { destination: '/d', readOnly: true } }],
    // labels of a container are among the attributes, and anybody sets those
    ['start', { command: 'x', health: 'x', secret: 'x', exitCode: 'x', signal: 'a b', execID: '../x' }, { action: 'start', data: {} }],
  ])('%s', (action, attributes, expected) => {
    const read = readEvent(event(action, attributes))
    expect({ action: read.action, data: read.data }).toEqual(expected)
  })

  it('tells an event that is told again, and no other', () => {
    const key = (...args: Parameters<typeof event>) => readEvent(event(...args)).key
    expect(key('start', { a: '1', b: '2' })).toBe(key('start', { b: '2', a: '1' }))
    expect(key('start')).not.toBe(key('stop'))
    expect(key('start')).not.toBe(readEvent({ ...event('start'), timeNano: 1795815942297194000 }).key)
  })

  it('has the time with nanoseconds, as far as JSON has them', () => {
    expect(readEvent(event('start')).at).toMatch(/^2026-11-27T\d\d:45:42\.29719\d{4}Z$/)
  })

  it('calls everything else the host', () => {
    expect(readEvent(event('reload', {}, 'daemon')).kind).toBe('host')
    expect(readEvent(event('create', {}, 'plugin')).kind).toBe('host')
  })
})

describe('times', () => {
  it.each([
    ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000000000Z'],
    ['2026-01-31T12:00:00.5+01:00', '2026-01-31T11:00:00.500000000Z'],
    ['1795815942.297193512', '2026-11-27T21:45:42.297193512Z'],
    ['2026-02-31T12:00:00Z', isoOf('2026-03-03T12:00:00Z')],
    ['2026-13-01T12:00:00Z', undefined],
    ['99999999999', '5138-11-16T09:46:39.000000000Z'],
  ])('%s', (text, iso) => {
    expect(isoOf(text)).toBe(iso)
  })

  it('are text in the order of time', () => {
    expect(isoOfNano(999_999_999n) < isoOfNano(1_000_000_000n)).toBe(true)
  })
})

describe('places', () => {
  it.each([
    { seq: 0, time: null },
    { seq: 17, time: '2026-01-31T12:00:00.000000000Z' },
  ])('go out and come back: %j', (place) => {
    expect(placeOf(cursorOf(place), '/query/cursor')).toEqual(place)
  })

  it.each(['', 'x', Buffer.from('-1').toString('base64url'), Buffer.from('1 yesterday').toString('base64url'), 'MQ=='])(
    '%j is none',
    (text) => {
      expect(() => placeOf(text, '/params/cursor')).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }))
    },
  )
})
