import { describe, expect, it } from 'vitest'
import { parseChallenges } from './challenge.js'

const bearer = (params: object) => ({ scheme: 'bearer', params })
const basic = (params: object) => ({ scheme: 'basic', params })

describe('parseChallenges', () => {
  it.each([
    ['Basic realm="x"', [basic({ realm: 'x' })]],
    [
      'Bearer realm="https://a.b/c",service="d",scope="repository:x:pull,push"',
      [bearer({ realm: 'https://a.b/c', service: 'd', scope: 'repository:x:pull,push' })],
    ],
    ['BEARER Realm=x , Service=y', [bearer({ realm: 'x', service: 'y' })]],
    ['Basic realm="a, Bearer realm=b"', [basic({ realm: 'a, Bearer realm=b' })]],
    ['Basic realm="say \\"hi\\""', [basic({ realm: 'say "hi"' })]],
    ['Negotiate, Basic realm="x", Bearer realm="y"', [{ scheme: 'negotiate', params: {} }, basic({ realm: 'x' }), bearer({ realm: 'y' })]],
    ['Bearer realm="first",realm="second"', [bearer({ realm: 'first' })]],
    ['', []],
    ['"', []],
    [undefined, []],
  ])('reads %j', (header, challenges) => {
    expect(parseChallenges(header).map(({ scheme, params }) => ({ scheme, params: { ...params } }))).toEqual(challenges)
  })

  it('comes to an end whatever it is given', () => {
    const start = performance.now()
    parseChallenges(`Bearer ${'a="\\'.repeat(20_000)}`)
    parseChallenges(`Bearer ${' ,'.repeat(20_000)}`)
    expect(performance.now() - start).toBeLessThan(5_000)
  })
})
