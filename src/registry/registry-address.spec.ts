import { describe, expect, it } from 'vitest'
import { parseRegistryUrl } from './registry-address.js'

describe('parseRegistryUrl', () => {
  it.each([
    ['https://registry.example', 'https://registry.example', 'registry.example'],
    ['https://registry.example:443/', 'https://registry.example', 'registry.example'],
    ['https://registry.example:5000', 'https://registry.example:5000', 'registry.example:5000'],
    ['HTTPS://Registry.Example:5000', 'https://registry.example:5000', 'registry.example:5000'],
    ['http://127.0.0.1:5000', 'http://127.0.0.1:5000', '127.0.0.1:5000'],
    ['http://[::1]:5000', 'http://[::1]:5000', '[::1]:5000'],
    ['http://localhost', 'http://localhost', 'localhost'],
    // what else is 127.0.0.1 is called so before it is judged
    ['http://0x7f.1:5000', 'http://127.0.0.1:5000', '127.0.0.1:5000'],
    ['http://2130706433:5000', 'http://127.0.0.1:5000', '127.0.0.1:5000'],
    ['https://docker.io', 'https://registry-1.docker.io', 'docker.io'],
    ['https://index.docker.io/v1/', 'https://registry-1.docker.io', 'docker.io'],
  ])('reads %s', (text, url, address) => {
    expect(parseRegistryUrl(text)).toMatchObject({ url, address })
  })

  it.each([
    '',
    'registry.example:5000',
    'ftp://registry.example',
    'file:///etc/passwd',
    'unix:///var/run/docker.sock',
    'https://registry',
    'https://ann:secret@registry.example',
    'https://registry.example/v2/',
    'https://registry.example?',
    'https://registry.example/#x',
    'https://berth.invalid:5000',
    'https://registry_one.example:5000',
  ])('refuses %j', (text) => {
    expect(() => parseRegistryUrl(text)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }))
  })

  it('never takes an http address for Docker Hub', () => {
    expect(parseRegistryUrl('http://docker.io').url).toBe('https://registry-1.docker.io')
  })
})
