import { describe, expect, it } from 'vitest'
import { Config } from '../../config/config.js'
import { WebhookReach } from './webhook-reach.js'
import { signatureOf } from './webhook-sender.js'

const reach = (...allow: string[]) => new WebhookReach(Object.assign(new Config(), { BERTH_WEBHOOK_ALLOW: allow }))
const judge = (url: string, ...allow: string[]) => reach(...allow).judge(new URL(url))
const refused = expect.objectContaining({ code: 'WEBHOOK_ADDRESS_REFUSED' })

describe('where a webhook may go', () => {
  it.each(['https://1.1.1.1/', 'http://8.8.8.8:8080/x', 'https://[2606:4700:4700::1111]/'])('%s', async (url) => {
    await expect(judge(url)).resolves.toMatchObject({ address: expect.any(String) })
  })

  it.each([
    'http://127.0.0.1/',
    'http://localhost:7070/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://0.0.0.0/',
    'http://[::]/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:a00:1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[2002:7f00:1::]/',
    'http://10.0.0.1/',
    'http://10.201.3.2/',
    'http://172.17.0.1/',
    'http://192.168.1.1/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://168.63.129.16/',
    'http://[fd00:ec2::254]/',
    'http://[fe80::1]/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
  ])('not to %s', async (url) => {
    await expect(judge(url)).rejects.toEqual(refused)
  })

  it.each([
    ['http://127.0.0.1:9000/', '127.0.0.1'],
    ['http://127.0.0.1:9000/', '127.0.0.0/8'],
    ['http://localhost:9000/', 'localhost'],
    ['http://localhost:9000/', 'localhost:9000'],
    ['http://localhost/', 'localhost:80'],
  ])('to %s where %s is allowed', async (url, entry) => {
    await expect(judge(url, entry)).resolves.toMatchObject({ address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/) })
  })

  it('not to another port of an allowed one', async () => {
    await expect(judge('http://localhost:9001/', 'localhost:9000')).rejects.toEqual(refused)
  })
})

describe('signatureOf', () => {
  it('is the HMAC of time and body', () => {
    // printf '%s' '17.{"a":1}' | openssl dgst -sha256 -hmac secret
    expect(signatureOf('{"a":1}', 'secret', 17)).toMatch(/^t=17,v1=[0-9a-f]{64}$/)
    expect(signatureOf('{"a":1}', 'secret', 17)).not.toBe(signatureOf('{"a":1}', 'secret', 18))
    expect(signatureOf('{"a":1}', 'secret', 17)).not.toBe(signatureOf('{"a":2}', 'secret', 17))
  })
})
