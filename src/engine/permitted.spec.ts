import { describe, expect, it } from 'vitest'
import { ENGINE_CALLS, type ParameterRow } from './parameters.js'
import { assertPermitted, type EngineCall, routeOf } from './permitted.js'

const ID = 'a'.repeat(64)
const ROUTES = Object.keys(ENGINE_CALLS)
const callOf = (route: string): { method: string; path: string } => {
  const [method = '', path = ''] = route.split(' ')
  return { method, path: path.replace('{id}', ID).replace('{name}', 'r.x%3A5/a/b%3A1') }
}
const rows = (part: 'query' | 'headers') =>
  ROUTES.flatMap((route) => Object.entries(ENGINE_CALLS[route]![part] ?? {}).map(([name, row]) => [route, name, row] as const))
const bodies = ROUTES.flatMap((route) => {
  const { body } = ENGINE_CALLS[route]!
  return typeof body === 'object' ? Object.entries(body).map(([name, row]) => [route, name, row] as const) : []
})
const valueOf = (row: ParameterRow): string => (row.kind === 'fixed' ? row.value : 'x')
const check = (call: EngineCall) => () => assertPermitted(call)

describe('a call to the engine', () => {
  it.each(ROUTES)('%s finds its own row', (route) => {
    const { method, path } = callOf(route)
    expect(routeOf(method, path)).toBe(route)
    expect(check({ method, path })).not.toThrow()
    expect(check({ method, path: `${path}?privileged=1` })).toThrow(/has no parameter privileged/)
    expect(check({ method, path, headers: { 'X-Forwarded-For': '1' } })).toThrow(/has no header/)
  })

  it.each(rows('query'))('%s: the parameter %s is sent as its row says', (route, name, row) => {
    const { method, path } = callOf(route)
    const call = check({ method, path: `${path}?${name}=${encodeURIComponent(valueOf(row))}` })
    if (row.kind === 'refused') expect(call).toThrow(/refuses the parameter/)
    else expect(call).not.toThrow()
    if (row.kind === 'fixed') expect(check({ method, path: `${path}?${name}=other` })).toThrow(/always as/)
    expect(check({ method, path: `${path}?${name.toUpperCase()}_=1` })).toThrow(/has no parameter/)
  })

  it.each(rows('headers'))('%s: the header %s is sent as its row says', (route, name, row) => {
    const call = check({ ...callOf(route), headers: { [name]: valueOf(row) } })
    if (row.kind === 'refused') expect(call).toThrow(/refuses the header/)
    else expect(call).not.toThrow()
  })

  it.each(bodies)('%s: the field %s is sent as its row says', (route, name, row) => {
    const call = check({ ...callOf(route), body: { [name]: valueOf(row) } })
    if (row.kind === 'refused') expect(call).toThrow(/refuses the field/)
    else expect(call).not.toThrow()
    expect(check({ ...callOf(route), body: { HostConfig: {} } })).toThrow(/has no field HostConfig/)
  })

  it.each([
    ['a route of the cluster', { method: 'POST', path: '/swarm/init' }],
    ['a plugin', { method: 'POST', path: `/plugins/x/enable` }],
    ['a session of BuildKit', { method: 'POST', path: '/session' }],
    ['another method', { method: 'PUT', path: `/containers/${ID}/json` }],
    ['a route below one', { method: 'GET', path: `/containers/${ID}/json/x` }],
    ['a name of Object', { method: 'GET', path: '/constructor' }],
    // what moby's CVE-2024-41110 was about: a body where the engine expects none
    ['a HostConfig for a start', { method: 'POST', path: `/containers/${ID}/start`, body: { HostConfig: { Privileged: true } } }],
    ['a body for a kill', { method: 'POST', path: `/containers/${ID}/kill`, body: {} }],
    ['an upload where none belongs', { method: 'POST', path: '/containers/create', upload: nothing() }],
    ['a remote context', { method: 'POST', path: '/build?remote=http%3A%2F%2Fx' }],
    ['an address to import from', { method: 'POST', path: '/images/create?fromSrc=http%3A%2F%2Fx' }],
    ['a second value behind a good one', { method: 'GET', path: '/containers/json?all=true&all=false' }],
    ['the name of a property of Object', { method: 'GET', path: '/version?constructor=1' }],
  ] satisfies [string, EngineCall][])('refuses %s', (_what, call) => {
    expect(check(call)).toThrow(/table of parameters/)
  })
})

async function* nothing(): AsyncGenerator<Uint8Array> {}
