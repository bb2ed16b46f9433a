/**
 * S35. The course: containers start "in seconds", so more of them from one image are a matter of a line. One call here, and each
 * is reported.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BASE_IMAGE, scenario, type Actor, type Scenario } from '../support/scenario.js'

let s: Scenario
let ann: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
})
afterAll(() => s?.end())

interface Copies {
  readonly items: readonly {
    readonly container?: {
      readonly name: string
      readonly state: { readonly status: string }
      readonly ports: readonly { readonly host: number }[]
    }
    readonly error?: { readonly code: string; readonly detail: string }
  }[]
}

const run = (body: object) => ann.ok<Copies>('POST', '/containers?start=true', { image: BASE_IMAGE, command: ['sleep', '300'], ...body })
const names = async () => (await ann.ok<{ items: { name: string }[] }>('GET', '/containers?sort=name')).items.map(({ name }) => name)

describe('s35: many from one image', () => {
  it('ten of them in one call, each with a name and a port of its own', async () => {
    const { items } = await run({ name: 'web', count: 10, ports: [{ container: 80 }] })
    expect(items.map(({ container }) => container?.state.status)).toEqual(Array(10).fill('running'))
    expect(items.map(({ container }) => container?.name)).toEqual(Array.from({ length: 10 }, (_, at) => `web-${at + 1}`))
    expect(new Set(items.map(({ container }) => container?.ports[0]?.host)).size).toBe(10)
    expect(await names()).toHaveLength(10)
  })

  it('what fails is reported, and the others run', async () => {
    const { items } = await run({ name: 'web', count: 12 })
    expect(items.map(({ container, error }) => container?.name ?? error?.code)).toEqual([
      ...Array(10).fill('name_in_use'),
      'web-11',
      'web-12',
    ])
    expect(await names()).toHaveLength(12)
  })

  it('they find each other by name', async () => {
    // ping says whom it has found; the packet itself needs NET_RAW, which the profile drops
    const { stdout } = await ann.ok<{ stdout: string }>('POST', '/containers/web-1/exec', {
      command: ['ping', '-c', '1', '-W', '1', 'web-12'],
    })
    expect(stdout).toMatch(/^PING web-12 \(\d+\.\d+\.\d+\.\d+\)/)
  })

  it('and go in one call too, where that is allowed', async () => {
    const mia = await s.user('mia', { course: 'maintainer' })
    const refs = await names()
    const { items } = await mia.ok<{ items: { done: boolean }[] }>('POST', '/containers/actions', { action: 'remove', refs, force: true })
    expect(items.every(({ done }) => done)).toBe(true)
    expect(await names()).toEqual([])
  })
})
