import { describe, expect, it } from 'vitest'
import { containerName, dialledPath, fullId, imageReference, query, repository, tagOrDigest, volumeName } from './engine-path.js'

const HEX = 'a'.repeat(64)
const HOSTILE = [
  '',
  '.',
  '..',
  '/',
  'a/',
  '/a',
  'a//b',
  'a/../b',
  'a/./b',
  '..%2fx',
  '%2e%2e',
  'x?force=1',
  'x#y',
  'a b',
  'a\0b',
  'a\nb',
  'ä',
  'x'.repeat(600),
]

describe('a path', () => {
  it.each(HOSTILE)('never carries %j', (text) => {
    for (const make of [fullId, volumeName, containerName, imageReference, repository, tagOrDigest]) {
      expect(() => make(text)).toThrow(/was given something that is not/)
    }
  })

  it('takes full ids only', () => {
    expect(fullId(HEX)).toBe(HEX)
    for (const text of [HEX.slice(1), `${HEX}a`, HEX.toUpperCase(), `sha256:${HEX}`, 'web'])
      expect(() => fullId(text)).toThrow(/was given something that is not/)
  })

  it.each([
    [`sha256:${HEX}`, `sha256:${HEX}`],
    ['busybox', 'busybox'],
    ['busybox:1.36', 'busybox%3A1.36'],
    ['localhost:5000/a/b_c:x', 'localhost%3A5000/a/b_c%3Ax'],
    ['[::1]:5000/x', '%5B%3A%3A1%5D%3A5000/x'],
    [`r.example/a@sha256:${HEX}`, `r.example/a%40sha256%3A${HEX}`],
    [`a:1@sha256:${HEX}`, `a%3A1%40sha256%3A${HEX}`],
  ])('takes the reference %j', (text, path) => {
    expect(imageReference(text)).toBe(path)
  })

  it.each(['a/Upper', 'a:', 'a@sha256:12', 'a:b:c', 'a/-b', '-a/b', 'a..b', 'a___b', `a:${'t'.repeat(129)}`, '[::1/x', 'http://a/b'])(
    'refuses the reference %j',
    (text) => {
      expect(() => imageReference(text)).toThrow(/was given something that is not/)
    },
  )

  it('does not hang on a long reference', () => {
    const start = performance.now()
    for (const text of ['a-'.repeat(255), 'a.'.repeat(255), `${'a/'.repeat(250)}!`, `${'a-a.'.repeat(125)}!`])
      expect(() => imageReference(text)).toThrow(/was given something that is not/)
    expect(performance.now() - start).toBeLessThan(100)
  })
})

describe('a path that dockerode built', () => {
  const paths = (part: string) => [
    `GET /containers/${part}/json`,
    `POST /containers/${part}/start`,
    `DELETE /containers/${part}`,
    `GET /exec/${part}/json`,
    `GET /networks/${part}`,
    `DELETE /volumes/${part}`,
    `GET /images/${part}/json`,
    `POST /images/${part}/tag`,
    `DELETE /images/${part}`,
    `GET /distribution/${part}/json`,
  ]
  const dialled = (line: string) => {
    const [method = '', ...path] = line.split(' ')
    return dialledPath(method, path.join(' '))
  }

  it.each([...HOSTILE, '%', '%2F', 'a%2Fb', 'a%252f', 'a:1', 'busybox%3a1', `${HEX}?x=1`, `${HEX}/../x`])('never carries %j', (part) => {
    for (const line of paths(part)) expect(() => dialled(line)).toThrow(/is not a path of ours|is not an image reference|malformed/)
  })

  it.each([
    `GET /containers/${HEX}/logs`,
    `POST /containers/${HEX}/attach`,
    `GET /containers/${HEX}/archive`,
    `GET /containers/${HEX}/json?`,
    `GET /v1.23/containers/${HEX}/json`,
    `PUT /containers/${HEX}/archive`,
    `HEAD /containers/${HEX}/json`,
    `POST /exec/${HEX}/start`,
    `DELETE /exec/${HEX}`,
    'POST /containers/prune',
    'POST /images/create',
    'POST /build',
    'POST /swarm/init',
    'GET /secrets',
    'GET /events',
    'GET //info',
    'GET info',
    'GET http://127.0.0.1/info',
    'constructor /info',
    '__proto__ /info',
  ])('is not %j', (line) => {
    expect(() => dialled(line)).toThrow()
  })
})

describe('a query', () => {
  it('encodes values and leaves out what is not given', () => {
    expect(query({ a: 'x&y=1', b: undefined, c: true, d: { label: ['k=v'] } })).toBe(
      '?a=x%26y%3D1&c=true&d=%7B%22label%22%3A%5B%22k%3Dv%22%5D%7D',
    )
    expect(query({ a: undefined })).toBe('')
  })
})
