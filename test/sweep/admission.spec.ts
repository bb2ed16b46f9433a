/**
 * Two descriptions of what a profile allows, written apart from each other: whatever admission lets through of thousands of
 * random specs must be obeyed in the eyes of the sweep, and the strict reader must never read two things out of one text.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { survey } from '../../src/admission/fields/judge.js'
import { type Granted, type JudgeContext, NOTHING_GRANTED } from '../../src/admission/fields/rule.js'
import { CONTAINERS } from '../../src/admission/fields/tables.js'
import { parseStrictJson } from '../../src/admission/strict-json.js'
import { violations } from '../../src/sweep/profile-rules.js'
import type { Judge } from '../../src/sweep/rule.js'
import { OWN, SPEC, SPELLINGS } from './support/specs.js'

const RUNS = Number(process.env['BERTH_TEST_SPECS'] ?? 6_000)
const PROFILES = ['restricted', 'baseline', 'privileged'] as const

const GRANTS: readonly Granted[] = [
  NOTHING_GRANTED,
  {
    hostPaths: ['/granted'],
    capabilities: ['NET_ADMIN'],
    devices: ['/dev/fuse'],
    sysctls: ['net.core.somaxconn'],
    securityOptions: ['no-new-privileges=false', 'seccomp=unconfined', 'seccomp=named', 'seccomp=gone'],
    runtimes: ['kata'],
    dns: ['10.0.0.53'],
    cgroupParent: 'team.slice',
  },
]

/** Seccomp profiles that there are; `gone` was granted, and taken away. */
const FILTERS = new Map([['named', '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[]}']])

const folders = new Map([
  [OWN.folder, { readOnly: false }],
  [OWN.readOnlyFolder, { readOnly: true }],
])

function contextOf(profile: JudgeContext['profile'], granted: Granted): JudgeContext {
  return {
    profile,
    granted,
    limits: { memory: 2 ** 33, nanoCpus: 4e9, pids: 32_768, portRange: [1024, 65_535], openFiles: 1_048_576 },
    own: {
      volumes: new Set([OWN.volume]),
      containers: new Set([OWN.container]),
      networks: new Set([OWN.network]),
      linked: new Set(),
      exports: folders,
      defaultNetwork: OWN.network,
    },
    imageUser: '',
    seccomp: FILTERS,
  }
}

function judgeOf(profile: JudgeContext['profile'], granted: Granted): Judge {
  return {
    prefix: 'team--',
    profile,
    granted,
    ports: [1024, 65_535],
    folders,
    containers: new Set([OWN.container]),
    volumes: new Set([OWN.volume]),
    networks: new Set([OWN.network]),
    filters: new Set([...FILTERS.values()].map((content) => `seccomp=${content}`)),
    runtime: 'runc',
  }
}

/** As the engine would tell of it: what nobody may set is filled in. */
function asMade(body: Record<string, unknown>): { Config: Record<string, unknown>; HostConfig: Record<string, unknown> } {
  const { HostConfig, ...Config } = body as { HostConfig: Record<string, unknown> }
  const { Privileged } = HostConfig
  const masked = ['/proc/kcore', '/proc/keys', '/sys/firmware']
  const readOnly = ['/proc/sys', '/proc/sysrq-trigger']
  return { Config, HostConfig: { ...(Privileged !== true && { MaskedPaths: masked, ReadonlyPaths: readOnly }), ...HostConfig } }
}

describe('what admission lets through', () => {
  it.each(PROFILES)('of thousands of random specs obeys the profile %s', (profile) => {
    let admitted = 0
    let judged = 0
    const property = fc.property(
      SPEC,
      fc.constantFrom(...GRANTS),
      fc.constantFrom('1.41', '1.44', '1.55'),
      (random, granted, apiVersion) => {
        judged++
        // else hardly any would pass
        const spec = profile === 'restricted' ? { User: '1000', ...random } : random
        const { body, errors, violations: denied } = survey(CONTAINERS, spec, { context: contextOf(profile, granted), apiVersion })
        if (errors.length > 0 || denied.length > 0) return
        admitted++
        expect(violations(asMade(body), judgeOf(profile, granted)), JSON.stringify(spec)).toEqual([])
      },
    )
    fc.assert(property, { numRuns: RUNS })
    console.log(`${profile}: ${admitted} of ${judged} admitted`)
    // else it would say nothing
    expect(admitted).toBeGreaterThan(judged / 10)
  })
})

describe('what the strict reader lets through', () => {
  it('has no key twice, however it is spelled, and none that the table does not know by these very letters', () => {
    let read = 0
    const entry = fc.tuple(
      fc.constantFrom('Image', 'HostConfig', 'Tty', 'NetworkingConfig', 'Labels'),
      fc.constantFrom(...SPELLINGS),
      fc.constantFrom('{}', 'true', '"x"'),
    )
    const property = fc.property(fc.array(entry, { minLength: 1, maxLength: 5 }), (entries) => {
      const text = `{${entries.map(([key, spell, value]) => `${JSON.stringify(spell(key))}:${value}`).join(',')}}`
      let parsed: unknown
      try {
        parsed = parseStrictJson(Buffer.from(text))
      } catch {
        return
      }
      read++
      const keys = entries.map(([key, spell]) => spell(key))
      // Go folds s with ſ and k with K: two keys that it takes for one are never both there
      const folded = keys.map((key) => key.toLowerCase().replaceAll('\u017f', 's').replaceAll('\u212a', 'k'))
      expect(new Set(folded).size).toBe(keys.length)
      const { errors } = survey(CONTAINERS, parsed, { context: contextOf('baseline', NOTHING_GRANTED), apiVersion: '1.41' })
      const unknown = keys.filter((key) => !(key in CONTAINERS.rows))
      for (const key of unknown) expect(errors.map(({ pointer }) => pointer)).toContain(`/${key}`)
    })
    fc.assert(property, { numRuns: RUNS })
    expect(read).toBeGreaterThan(100)
  })
})
