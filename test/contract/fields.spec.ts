import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CONTAINER_FIELDS } from '../../src/admission/fields/container-fields.js'
import {
  ENDPOINT_FIELDS,
  EXEC_FIELDS,
  EXEC_START_FIELDS,
  NETWORK_FIELDS,
  UPDATE_FIELDS,
  VOLUME_FIELDS,
} from '../../src/admission/fields/other-fields.js'
import { isInVersion } from '../../src/admission/fields/judge.js'
import type { FieldRow } from '../../src/admission/fields/rule.js'

type Fields = Readonly<Record<string, string>>
interface EngineFields {
  readonly bodies: Readonly<Record<string, Fields>>
  readonly schemas: Readonly<Record<string, Fields>>
}

const engine = JSON.parse(readFileSync(new URL('engine-fields.json', import.meta.url), 'utf8')) as EngineFields

/** Schemas of what the engine's description calls only `array` or `object`. */
const ELEMENTS: Readonly<Record<string, string>> = {
  'HostConfig.Mounts': 'Mount',
  'HostConfig.Devices': 'DeviceMapping',
  'HostConfig.DeviceRequests': 'DeviceRequest',
  Devices: 'DeviceMapping',
  DeviceRequests: 'DeviceRequest',
  'NetworkingConfig.EndpointsConfig': 'EndpointSettings',
  'IPAM.Config': 'IPAMConfig',
}

const SUFFIX: Readonly<Record<string, string>> = { 'object[]': '[]', 'object{}': '{}', 'object[]{}': '{}[]' }

/** Every field that the engine's description knows below a body, with the versions that have it. */
function flatten(fields: Fields, prefix: string, rows: Readonly<Record<string, FieldRow>>): [path: string, versions: string][] {
  return Object.entries(fields).flatMap(([name, type]) => {
    const path = `${prefix}${name}`
    const [kind = '', versions = ''] = type.split(' ')
    const schema = kind.startsWith('ref:') ? kind.slice(4) : ELEMENTS[path]
    const inner = schema ? engine.schemas[schema] : undefined
    const suffix = SUFFIX[rows[path]?.type ?? ''] ?? ''
    return [[path, versions] as [string, string], ...(inner ? flatten(inner, `${path}${suffix}.`, rows) : [])]
  })
}

/** `NetworkConnect` wraps the endpoint; `Driver` of an image option is none of ours. */
const TABLES: readonly [body: string, fields: Fields, rows: Readonly<Record<string, FieldRow>>][] = [
  ['ContainerCreate', engine.bodies['ContainerCreate']!, CONTAINER_FIELDS],
  ['ContainerUpdate', engine.bodies['ContainerUpdate']!, UPDATE_FIELDS],
  ['ContainerExec', engine.bodies['ContainerExec']!, EXEC_FIELDS],
  ['ExecStart', engine.bodies['ExecStart']!, EXEC_START_FIELDS],
  ['VolumeCreate', engine.bodies['VolumeCreate']!, VOLUME_FIELDS],
  ['NetworkCreate', engine.bodies['NetworkCreate']!, NETWORK_FIELDS],
  ['EndpointSettings', engine.schemas['EndpointSettings']!, ENDPOINT_FIELDS],
]

describe('the field tables and the engine API 1.41 to 1.55', () => {
  it.each(TABLES)('%s: every field of the engine has a row', (_, fields, rows) => {
    const unclassified = flatten(fields, '', rows).filter(([path]) => !(path in rows))
    expect(unclassified).toEqual([])
  })

  it.each(TABLES)('%s: rows know the versions that have their field', (_, fields, rows) => {
    const wrong = flatten(fields, '', rows).filter(([path, versions]) => {
      const [first = '1.41', last = '1.55'] = versions.split('-')
      const row = rows[path]
      return (
        row &&
        !(
          isInVersion(row, first) &&
          isInVersion(row, last) &&
          row.since === (first === '1.41' ? undefined : first) &&
          row.until === (last === '1.55' ? undefined : last)
        )
      )
    })
    expect(wrong).toEqual([])
  })

  it('counts what is classified', () => {
    const total = TABLES.reduce((sum, [, , rows]) => sum + Object.keys(rows).length, 0)
    expect(total).toBeGreaterThan(200)
    console.log(`classified fields: ${total}`)
  })
})
