import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scenario, type Actor, type Scenario } from '../support/scenario.js'

let s: Scenario
let ann: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('alpha')
  ann = await s.user('ann', { alpha: 'developer' })
})
afterAll(() => s.end())

describe('image-search', () => {
  it('says that the hub can not be reached, and nothing of the network of the host', async () => {
    const problem = await ann.fails('GET', '/image-search?term=ubuntu')
    expect(problem).toMatchObject({ status: 503, code: 'search_failed', detail: 'the hub can not be searched: it can not be reached' })
    expect(JSON.stringify(problem)).not.toMatch(/dial|lookup|10\.255/)
  })

  it.each(['127.0.0.1:5000/ubuntu', 'localhost/x', '169.254.169.254/x', '[::1]:5000/x', 'intranet.local/x', '10.0.0.1:22/'])(
    'does not make the engine ask %s',
    async (term) => {
      const problem = await ann.fails('GET', `/image-search?term=${encodeURIComponent(term)}`)
      expect(problem).toMatchObject({ status: 400, errors: [{ pointer: '/query/term' }] })
    },
  )

  it.each(['', 'a b', 'x&limit=5', '../x', 'x'.repeat(300)])('refuses %j', async (term) => {
    expect(await ann.fails('GET', `/image-search?term=${encodeURIComponent(term)}`)).toMatchObject({ status: 400, code: 'invalid_request' })
  })

  it('is denied to a viewer', async () => {
    const vic = await s.user('vic', { alpha: 'viewer' })
    expect(await vic.fails('GET', '/image-search?term=ubuntu')).toMatchObject({ status: 403, code: 'permission_denied' })
  })
})
