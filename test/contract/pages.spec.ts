import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { HOST_ROLES, operation, type OperationId, OPERATIONS, PERMISSIONS, type Permission, TEAM_ROLES } from '../../src/access/index.js'
import { CONTAINER_FIELDS } from '../../src/admission/fields/container-fields.js'
import { EXEC_FIELDS, NETWORK_FIELDS, UPDATE_FIELDS, VOLUME_FIELDS } from '../../src/admission/fields/other-fields.js'
import { ERRORS } from '../../src/common/errors.js'
import { ENGINE_CALLS } from '../../src/engine/parameters.js'
import { Config, SECRET_SETTINGS } from '../../src/config/config.js'

/** The cells of a page's table by its first cell, without backticks. */
function tableOf(path: string): Map<string, string[]> {
  const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
  return new Map(
    lines.map((line) => {
      const [first = '', ...rest] = line
        .replaceAll('\\|', '¦')
        .slice(2, -2)
        .split(' | ')
        .map((cell) => cell.replaceAll('`', '').replaceAll('¦', '|'))
      return [first, rest]
    }),
  )
}

describe('docs/errors.md', () => {
  const page = tableOf('docs/errors.md')

  it('has every code of the catalogue and no other', () => {
    expect([...page.keys()].sort()).toEqual(
      Object.keys(ERRORS)
        .map((code) => code.toLowerCase())
        .sort(),
    )
  })

  it.each(Object.entries(ERRORS))('says what %s is', (code, { status, text, hint }) => {
    expect(page.get(code.toLowerCase())).toEqual([String(status), text, hint].map((cell) => cell.replaceAll('`', '')))
  })
})

describe('the error catalogue', () => {
  it.each(Object.entries(ERRORS))('%s has a text without a full stop and a hint', (_, { status, text, hint }) => {
    expect(status).toBeGreaterThanOrEqual(400)
    expect(text).toMatch(/^[a-z].*[^.]$/)
    expect(hint).toMatch(/^[a-z].*[^.]$/i)
  })
})

describe('docs/permissions.md', () => {
  const page = tableOf('docs/permissions.md')

  it('has every permission and no other', () => {
    expect([...page.keys()].sort()).toEqual([...PERMISSIONS])
  })

  it.each(PERMISSIONS)('names the operations of %s', (permission) => {
    const listed = page
      .get(permission)?.[1]
      ?.split(' ')
      .filter((word) => word in OPERATIONS)
      .sort()
    const opened = (Object.keys(OPERATIONS) as OperationId[]).filter((id) => operation(id).permission === permission).sort()
    expect(listed).toEqual(opened)
  })

  it.each(Object.entries({ ...TEAM_ROLES, ...HOST_ROLES }))('gives %s what the role has', (role, held: readonly Permission[]) => {
    const listed = [...page].filter(([, [roles]]) => roles === 'everybody' || roles?.split(', ').includes(role)).map(([name]) => name)
    const everybody = [...page].filter(([, [roles]]) => roles === 'everybody').map(([name]) => name)
    expect(listed.sort()).toEqual([...new Set([...held, ...everybody])].sort())
  })
})

describe('api/operations.md', () => {
  const page = tableOf('api/operations.md')

  it('has every operation and no other', () => {
    expect([...page.keys()].sort()).toEqual(Object.keys(OPERATIONS).sort())
  })

  it.each(Object.keys(OPERATIONS) as OperationId[])('says who may %s', (id) => {
    const row = operation(id)
    const [permission, target, effect, edge, , route] = page.get(id)!
    expect({ permission, target, effect, edge }).toEqual({
      permission: row.permission === 'none' ? '–' : row.permission,
      target: row.target,
      effect: row.effect,
      edge: row.edge,
    })
    expect(route?.replace(/ \(from .*/, '')).toBe(row.engine ?? '–')
  })
})

describe('docs/profiles.md', () => {
  const text = readFileSync(new URL('../../docs/profiles.md', import.meta.url), 'utf8')
  const sections = new Map(
    text
      .split('\n### ')
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf('\n')), section]),
  )

  it.each([
    ['Create a container', CONTAINER_FIELDS],
    ['Change a container', UPDATE_FIELDS],
    ['Run a command in a container', EXEC_FIELDS],
    ['Create a volume', VOLUME_FIELDS],
    ['Create a network', NETWORK_FIELDS],
  ])('%s: has every field of the table and no other, with its rules', (title, rows) => {
    const lines = sections
      .get(title)!
      .split('\n')
      .filter((line) => line.startsWith('| `'))
    const shown = new Map(lines.map((line) => [/^\| `([^`]+)`/.exec(line)![1]!, line.replaceAll('\\|', '|')]))
    expect([...shown.keys()]).toEqual(Object.keys(rows))
    for (const [path, { rules, compare }] of Object.entries(rows)) {
      for (const { text: rule } of Object.values(rules)) expect(shown.get(path), path).toContain(rule)
      expect(shown.get(path)).toContain(` ${compare} |`)
    }
  })

  it('says what is written where nothing is asked for', () => {
    expect(text).toMatch(/`HostConfig.PidsLimit` .*`256`, `1024`, `1024`/)
    expect(text).toMatch(/`HostConfig.CapDrop` .*`\["ALL"\]`/)
  })
})

describe('docs/configuration.md', () => {
  const page = tableOf('docs/configuration.md')
  const defaults = new Config() as unknown as Readonly<Record<string, unknown>>
  const names = [...new Set([...Object.keys(defaults), ...SECRET_SETTINGS])]

  it('has every setting and no other', () => {
    expect([...page.keys()].sort()).toEqual(names.sort())
  })

  it.each(names)('says the default of %s, and whether it may be a file', (name) => {
    const [shown, file] = page.get(name)!
    const value = defaults[name]
    const text =
      value === undefined ? '–' : Array.isArray(value) ? (value.length === 0 ? 'none' : value.join(',')) : `${value as string | number}`
    expect(shown).toBe(text)
    expect(file).toBe((SECRET_SETTINGS as readonly string[]).includes(name) ? 'yes' : '–')
  })
})

describe('docs/engine-parameters.md', () => {
  const text = readFileSync(new URL('../../docs/engine-parameters.md', import.meta.url), 'utf8')
  const rows = Object.values(ENGINE_CALLS).flatMap(({ query = {}, headers = {}, body }) => [
    ...Object.values(query),
    ...Object.values(headers),
    ...(typeof body === 'object' ? Object.values(body) : []),
  ])

  it('has a line for each row of the table of parameters', () => {
    expect(text.split('\n').filter((line) => line.startsWith('| `'))).toHaveLength(rows.length)
  })
})
