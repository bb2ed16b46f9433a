import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BerthError, createClient, type Tokens } from '../../clients/typescript/src/index.js'
import { ADMIN, type Gateway, startGateway } from '../support/app.js'

let gateway: Gateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway?.stop())

const login = (): Promise<Tokens> => createClient({ url: gateway.url }).login(ADMIN)

describe('the typescript client', () => {
  it('logs in and calls an operation by its name', async () => {
    const client = createClient({ url: `${gateway.url}/` })
    await client.login(ADMIN)
    expect((await client.call('MeInspect')).username).toBe(ADMIN.username)
  })

  it('refreshes an access token that is over, once for all who wait for it', async () => {
    const heard: Tokens[] = []
    const tokens = { ...(await login()), expiresAt: new Date(0).toISOString() }
    const client = createClient({ url: gateway.url, tokens, onTokens: (fresh) => heard.push(fresh) })
    const answers = await Promise.all([1, 2, 3, 4].map(() => client.call('MeInspect')))
    expect(answers.map(({ username }) => username)).toEqual(Array(4).fill(ADMIN.username))
    expect(heard).toHaveLength(1)
    expect(heard[0]!.refreshToken).not.toBe(tokens.refreshToken)
  })

  it('refreshes and asks again when the gateway does not take the access token any more', async () => {
    const client = createClient({ url: gateway.url, tokens: { ...(await login()), accessToken: 'no.longer.valid' } })
    expect((await client.call('MeInspect')).username).toBe(ADMIN.username)
  })

  it('tells of a session that is over', async () => {
    const tokens = await login()
    await createClient({ url: gateway.url, token: tokens.accessToken }).call('AuthLogout')
    const late = createClient({ url: gateway.url, tokens }).call('MeInspect')
    await expect(late).rejects.toMatchObject({ name: 'BerthError', status: 401 })
  })

  it('throws what the gateway says, with its hint and request id', async () => {
    const client = createClient({ url: gateway.url, token: (await login()).accessToken })
    const error = await client.call('ContainerInspect', { path: { ref: 'no-such' } }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(BerthError)
    expect(error).toMatchObject({
      code: 'not_found',
      status: 404,
      hint: expect.stringContaining('team'),
      requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
  })

  it('throws a BerthError for an answer that is not from the gateway', async () => {
    const proxy = createClient({ url: gateway.url, fetch: () => Promise.resolve(new Response('<html>', { status: 502 })) })
    await expect(proxy.call('SystemVersion')).rejects.toMatchObject({ name: 'BerthError', status: 502, code: 'internal' })
  })

  it('encodes references in paths', async () => {
    const client = createClient({ url: gateway.url, token: (await login()).accessToken })
    await expect(client.call('ImageInspect', { path: { ref: '127.0.0.1:5000/no/such:1' } })).rejects.toMatchObject({ code: 'not_found' })
  })
})
