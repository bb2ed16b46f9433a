import { describe, expect, it } from 'vitest'
import { AppError } from '../common/errors.js'
import { transferProblem } from './transfer-problem.js'

const failed = (text: string) => new AppError('PULL_FAILED', { reason: 'x' }, { cause: `engine 500: ${text}` })
const reasonOf = (text: string) => (transferProblem(failed(text)) as AppError).message

describe('transferProblem', () => {
  it.each([
    ['manifest unknown: manifest unknown', /no such image/],
    ['manifest for x:1 not found: manifest unknown', /no such image/],
    ["pull access denied for x, repository does not exist or may require 'docker login'", /no such image/],
    ['unauthorized: authentication required', /no such image/],
    ['name unknown: repository name not known to registry', /no such image/],
    ['toomanyrequests: You have reached your pull rate limit', /limits the number/],
    ['Get "https://10.0.0.5:5000/v2/": http: server gave HTTP response to HTTPS client', /insecure-registries/],
    ['Get "https://r/v2/": x509: certificate signed by unknown authority', /certificate/],
    ['Get "https://r/v2/": tls: failed to verify certificate', /certificate/],
    ['write /var/lib/docker/tmp/GetImageBlob1: no space left on device', /disk/],
    ['no matching manifest for linux/amd64 in the manifest list entries', /platform/],
  ])('knows %s', (text, reason) => {
    expect(reasonOf(text)).toMatch(reason)
  })

  it.each([
    'Get "http://127.0.0.1:22/v2/": dial tcp 127.0.0.1:22: connect: connection refused',
    'Get "http://127.0.0.1:22/v2/": net/http: HTTP/1.x transport connection broken: malformed HTTP response "SSH-2.0-OpenSSH_9.2"',
    'Get "https://10.0.0.1/v2/": dial tcp: lookup intranet on 10.0.0.2:53: no such host',
    'Get "https://10.0.0.1/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded)',
    'Get "http://10.0.0.1:80/v2/": EOF',
    'something that no version of the engine has said yet',
  ])('has one word for %s', (text) => {
    expect(reasonOf(text)).toBe('the image could not be pulled: the registry can not be reached')
  })

  it('leaves other errors as they are', () => {
    const error = new AppError('ENGINE_UNAVAILABLE')
    expect(transferProblem(error)).toBe(error)
  })
})
