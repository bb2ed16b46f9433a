import { describe, expect, it } from 'vitest'
import type { SystemInfo, SystemVersion } from '../engine/index.js'
import { checkHost, engineDown } from './check.js'

const NOW = new Date('2026-11-27T12:00:00Z')
const INFO = {
  ID: 'x',
  Architecture: 'x86_64',
  Driver: 'overlay2',
  CgroupDriver: 'systemd',
  CgroupVersion: '2',
  MemoryLimit: true,
  SwapLimit: true,
  CpuCfsQuota: true,
  PidsLimit: true,
  IPv4Forwarding: true,
  BridgeNfIptables: true,
  SecurityOptions: ['name=seccomp,profile=default'],
  SystemTime: '2026-11-27T12:00:00.5Z',
  RegistryConfig: { Mirrors: ['https://mirror.example'], InsecureRegistryCIDRs: ['127.0.0.0/8'], IndexConfigs: {} },
} as unknown as SystemInfo
const VERSION: SystemVersion = { Version: '20.10.24', ApiVersion: '1.41', Os: 'linux', Arch: 'amd64', KernelVersion: '6.1.0-18-amd64' }

const look = (name: string, info: object = {}, version: object = {}) =>
  checkHost({ info: { ...INFO, ...info }, version: { ...VERSION, ...version }, now: NOW }).find((item) => item.name === name)!

describe('checkHost', () => {
  it('finds nothing to mend on a good host', () => {
    const items = checkHost({ info: INFO, version: VERSION, now: NOW })
    expect(items.filter(({ state, fix }) => state !== 'ok' || fix !== null)).toEqual([])
    expect(items.map(({ name }) => name)).toEqual(expect.arrayContaining(['engine', 'kernel', 'architecture', 'cgroups', 'storage-driver']))
  })

  it.each([
    ['api', 'missing', {}, { ApiVersion: '1.40' }, /20\.10/],
    ['kernel', 'missing', {}, { KernelVersion: '3.7.10' }, /3\.8/],
    ['kernel', 'missing', {}, { KernelVersion: '2.6.32-754.el6' }, /3\.8/],
    ['kernel', 'missing', {}, { KernelVersion: undefined }, /3\.8/],
    ['architecture', 'missing', { Architecture: 'i686' }, {}, /64 bit/],
    ['cgroups', 'missing', { CgroupDriver: 'none' }, {}, /cgroup/],
    ['memory-limit', 'missing', { MemoryLimit: false }, {}, /cgroup_enable=memory/],
    ['swap-limit', 'warning', { SwapLimit: false }, {}, /swapaccount/],
    ['cpu-limit', 'missing', { CpuCfsQuota: false }, {}, /CFS/],
    ['pids-limit', 'missing', { PidsLimit: false }, {}, /pids/],
    ['storage-driver', 'warning', { Driver: 'vfs' }, {}, /overlay2/],
    ['seccomp', 'warning', { SecurityOptions: null }, {}, /SECCOMP/],
    ['ip-forward', 'missing', { IPv4Forwarding: false }, {}, /ip_forward/],
    ['bridge-filter', 'warning', { BridgeNfIptables: false }, {}, /br_netfilter/],
    ['clock', 'warning', { SystemTime: '2026-11-27T12:01:00Z' }, {}, /ntp/],
    ['warnings', 'warning', { Warnings: ['WARNING: No blkio throttle.read_bps_device support'] }, {}, /docker info/],
  ] as const)('%s: %s', (name, state, info, version, fix) => {
    expect(look(name, info, version)).toMatchObject({ state, fix: expect.stringMatching(fix) })
  })

  it.each(['3.8.0', '3.10.0-1160.el7', '4.19', '6.18.44-fc-v657'])('takes kernel %s', (KernelVersion) => {
    expect(look('kernel', {}, { KernelVersion })).toMatchObject({ state: 'ok', detail: KernelVersion, fix: null })
  })

  it('does not repeat the words of the engine', () => {
    const Warnings = ['WARNING: API is accessible on http://0.0.0.0:2375 without encryption']
    expect(look('warnings', { Warnings })).toMatchObject({ detail: '1' })
  })

  it('takes what an engine does not say for there', () => {
    expect(look('pids-limit', { PidsLimit: undefined })).toMatchObject({ state: 'ok' })
  })

  it('shows mirrors and insecure registries, and where there are none, how to have one', () => {
    const IndexConfigs = { 'docker.io': { Secure: true }, 'registry.lan:5000': { Secure: false } }
    expect(look('insecure-registries', { RegistryConfig: { ...INFO.RegistryConfig, IndexConfigs } })).toMatchObject({
      state: 'ok',
      detail: '127.0.0.0/8 registry.lan:5000',
      fix: null,
    })
    expect(look('registry-mirrors')).toMatchObject({ state: 'ok', detail: 'https://mirror.example', fix: null })
    for (const name of ['registry-mirrors', 'insecure-registries'])
      expect(look(name, { RegistryConfig: null })).toMatchObject({ state: 'ok', detail: 'none', fix: expect.stringContaining(name) })
  })
})

describe('engineDown', () => {
  it.each([
    ['unreachable', /unreachable since 2026/],
    ['silent', /silent/],
    ['version', /1\.39 is older than 1\.41/],
  ] as const)('says what is wrong: %s', (problem, detail) => {
    const state = { up: false, outages: 1, since: NOW, version: '1.39', engineVersion: undefined, problem }
    expect(engineDown(state)).toMatchObject({ name: 'engine', state: 'missing', detail: expect.stringMatching(detail) })
  })
})
