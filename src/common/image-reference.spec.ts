import { describe, expect, it } from 'vitest'
import { AppError } from './errors.js'
import { parseImageReference } from './image-reference.js'

const DIGEST = `sha256:${'f'.repeat(64)}`
const HEX = 'a3ed95caeb02ffe68cdd9fd84406680ae93d633cb16422d00e8a7c22955b46d4'

// From reference_test.go and normalize_test.go of github.com/distribution/reference: input, registry, repository, tag, digest.
const VALID: readonly (readonly [string, string, string, string | null, string | null])[] = [
  ['busybox', 'docker.io', 'library/busybox', 'latest', null],
  ['busybox:1', 'docker.io', 'library/busybox', '1', null],
  ['test_com', 'docker.io', 'library/test_com', 'latest', null],
  ['test.com:tag', 'docker.io', 'library/test.com', 'tag', null],
  ['test.com:5000', 'docker.io', 'library/test.com', '5000', null],
  ['test.com/repo:tag', 'test.com', 'repo', 'tag', null],
  ['test:5000/repo', 'test:5000', 'repo', 'latest', null],
  ['test:5000/repo:tag', 'test:5000', 'repo', 'tag', null],
  [`test:5000/repo@${DIGEST}`, 'test:5000', 'repo', null, DIGEST],
  [`test:5000/repo:tag@${DIGEST}`, 'test:5000', 'repo', 'tag', DIGEST],
  ['lowercase:Uppercase', 'docker.io', 'library/lowercase', 'Uppercase', null],
  ['Uppercase/lowercase:tag', 'Uppercase', 'lowercase', 'tag', null],
  ['sub-dom1.foo.com/bar/baz/quux', 'sub-dom1.foo.com', 'bar/baz/quux', 'latest', null],
  ['b.gcr.io/test.example.com/my-app:test.example.com', 'b.gcr.io', 'test.example.com/my-app', 'test.example.com', null],
  ['xn--n3h.com/myimage:xn--n3h.com', 'xn--n3h.com', 'myimage', 'xn--n3h.com', null],
  ['foo_bar.com:8080', 'docker.io', 'library/foo_bar.com', '8080', null],
  ['foo/foo_bar.com:8080', 'docker.io', 'foo/foo_bar.com', '8080', null],
  ['192.168.1.1/repo', '192.168.1.1', 'repo', 'latest', null],
  ['192.168.1.1:5000/repo:5050', '192.168.1.1:5000', 'repo', '5050', null],
  ['127.0.0.1:5000/library/debian', '127.0.0.1:5000', 'library/debian', 'latest', null],
  ['[2001:db8::1]/repo', '[2001:db8::1]', 'repo', 'latest', null],
  ['[2001:db8::1]:5000/repo:tag', '[2001:db8::1]:5000', 'repo', 'tag', null],
  ['[::1]:5000/x', '[::1]:5000', 'x', 'latest', null],
  ['localhost/repo', 'localhost', 'repo', 'latest', null],
  ['localhost:5000/a__b/c.d-e', 'localhost:5000', 'a__b/c.d-e', 'latest', null],
  ['docker/docker', 'docker.io', 'docker/docker', 'latest', null],
  ['docker.io/debian', 'docker.io', 'library/debian', 'latest', null],
  ['index.docker.io/debian', 'docker.io', 'library/debian', 'latest', null],
  ['index.docker.io/docker/docker', 'docker.io', 'docker/docker', 'latest', null],
  ['library/debian', 'docker.io', 'library/debian', 'latest', null],
  [`docker.io/${HEX}`, 'docker.io', `library/${HEX}`, 'latest', null],
]

const INVALID = [
  '',
  ':justtag',
  `@${DIGEST}`,
  'repo@sha256:ffffffffffffffff',
  `validname@invaliddigest:${'f'.repeat(64)}`,
  'Uppercase:tag',
  'Docker',
  'test:5000/Uppercase/lowercase:tag',
  'lowercase/Uppercase',
  'aa/asdf$$^/aa',
  'https://github.com/docker/docker',
  'docker///docker',
  'docker.io/docker///docker',
  '-docker',
  '-docker/docker',
  '-docker.io/docker/docker',
  'docker/Docker',
  'docker.io/docker/Docker',
  '[2001:db8::1]',
  '[2001:db8::1]:5000',
  '[fe80::1%eth0]/repo',
  '[fe80::1%25eth0]:5000/repo',
  '[::1/x',
  '::1/x',
  'a_b.com:5000/x:',
  'x:',
  'x:-tag',
  `x:${'t'.repeat(129)}`,
  `${'a/'.repeat(128)}a:tag`,
  HEX,
  '..',
  'a/../b',
  'a/./b',
  'a/',
  '/a',
  'a//b',
  'a b',
  'a\n',
  'a\0',
  'x?force=1',
  'a%2fb',
  'ａ',
  'a...b',
  'a___b',
  '.a',
  '_a',
  'a_',
  'x'.repeat(1025),
  'berth.invalid/x',
  'BERTH.INVALID/x:h',
  'berth.invalid:443/x',
]

describe('parseImageReference', () => {
  it.each(VALID)('takes %s apart', (text, registry, repository, tag, digest) => {
    expect(parseImageReference(text)).toMatchObject({ registry, repository, tag, digest })
  })

  it.each(VALID)('gives %s one canonical form that parses to itself, as does the familiar one', (text) => {
    const parsed = parseImageReference(text)
    expect(parseImageReference(parsed.normalised).normalised).toBe(parsed.normalised)
    expect(parseImageReference(parsed.familiar).normalised).toBe(parsed.normalised)
  })

  it.each(INVALID.map((text) => [text.slice(0, 60), text]))('refuses %j', (_, text) => {
    expect(() => parseImageReference(text)).toThrow(AppError)
  })

  it.each([
    ['busybox', 'docker.io/library/busybox:latest', 'busybox:latest'],
    ['team/app:1', 'docker.io/team/app:1', 'team/app:1'],
    ['[::1]:5000/x', '[::1]:5000/x:latest', '[::1]:5000/x:latest'],
    [`x:tag@${DIGEST}`, `docker.io/library/x@${DIGEST}`, `x@${DIGEST}`],
  ])('calls %s %s, and %s to people', (text, normalised, familiar) => {
    expect(parseImageReference(text)).toMatchObject({ normalised, familiar })
  })
})
