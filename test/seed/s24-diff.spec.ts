/**
 * S24, the container's half. The course: layers and UnionFS: a container writes into a layer of its own over those of its image,
 * and `docker diff` tells what is in it.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runContainer, scenario, type Actor, type Scenario, withName } from '../support/scenario.js'

let s: Scenario
let ann: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
  await runContainer(ann, withName('u1'))
})
afterAll(() => s?.end())

const diff = async (name: string) =>
  (await ann.ok<{ items: { path: string; kind: string }[] }>('GET', `/containers/${name}/changes`)).items
    .map(({ kind, path }) => `${kind} ${path}`)
    .sort()
const shell = (line: string) => ann.ok('POST', '/containers/u1/exec', { command: ['sh', '-c', line] })

describe('s24: what a container has that its image has not', () => {
  it('is nothing at first', async () => {
    expect(await diff('u1')).toEqual([])
  })

  it('is what was added, changed and removed', async () => {
    await shell('echo new > /etc/new; echo more >> /etc/passwd; rm /etc/group')
    expect(await diff('u1')).toEqual(['added /etc/new', 'changed /etc', 'changed /etc/passwd', 'removed /etc/group'])
  })

  it('is its own: another one of the same image has none of it', async () => {
    await runContainer(ann, withName('u2'))
    expect(await diff('u2')).toEqual([])
    const { stdout } = await ann.ok<{ stdout: string }>('POST', '/containers/u2/exec', { command: ['ls', '/etc'] })
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['group', 'passwd']))
    expect(stdout).not.toContain('new')
  })

  it('takes the room that it takes, and no more', async () => {
    await shell('head -c 500000 /dev/zero > /big')
    const { size } = await ann.ok<{ size: { writable: number; total: number } }>('GET', '/containers/u1?size=true')
    expect(size.writable).toBeGreaterThanOrEqual(500_000)
    expect(size.writable).toBeLessThan(600_000)
    expect(size.total).toBeGreaterThan(size.writable)
  })
})
