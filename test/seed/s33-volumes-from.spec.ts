/** S33. The course: `docker run --volumes-from u1` while u1 is stopped and restarted; what one writes the others see. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Actor, BASE_IMAGE, runContainer, type Scenario, scenario, withName, withSpec } from '../support/scenario.js'

let s: Scenario
let ann: Actor

beforeAll(async () => {
  s = await scenario()
  await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
})
afterAll(() => s?.end())

const run = (name: string, ...command: string[]) =>
  ann.ok<{ stdout: string; exitCode: number }>('POST', `/containers/${name}/exec`, { command })
const write = async (name: string, file: string, text: string) =>
  expect(await run(name, 'sh', '-c', `echo ${text} > ${file}`)).toMatchObject({ exitCode: 0 })
const sees = async (name: string, file: string, text: string) => expect(await run(name, 'cat', file)).toMatchObject({ stdout: `${text}\n` })

describe('s33: volumes of another container', () => {
  it('are shared in both directions, also while the first is stopped and started again', async () => {
    const mounts = [
      { type: 'volume', source: 'shared', target: '/shared' },
      { type: 'volume', target: '/scratch' },
    ]
    await runContainer(ann, withName('u1'), withSpec({ mounts }))
    await write('u1', '/shared/first', 'from u1')
    await runContainer(ann, withName('u2'), withSpec({ volumesFrom: ['u1'] }))
    await sees('u2', '/shared/first', 'from u1')
    await write('u2', '/shared/second', 'from u2')
    await sees('u1', '/shared/second', 'from u2')

    await ann.ok('POST', '/containers/u1/stop?timeout=0')
    await write('u2', '/scratch/while', 'u1 was stopped')
    await runContainer(ann, withName('u3'), withSpec({ volumesFrom: ['u1'] }))
    await sees('u3', '/scratch/while', 'u1 was stopped')
    await write('u3', '/shared/third', 'from u3')
    await ann.ok('POST', '/containers/u1/start')
    await sees('u1', '/scratch/while', 'u1 was stopped')
    await sees('u1', '/shared/third', 'from u3')
    await sees('u2', '/shared/third', 'from u3')
  })

  it('stay with those that have them when the first is removed', async () => {
    await ann.http.delete('/containers/u1?force=true').expect(204)
    await sees('u2', '/shared/first', 'from u1')
    await write('u2', '/shared/fourth', 'still here')
    await sees('u3', '/shared/fourth', 'still here')
  })

  it('come only from containers that the caller may use: a foreign one is like none', async () => {
    const ben = await s.user('ben', { others: 'developer' })
    const theirs = await runContainer(ben, withName('theirs'), withSpec({ mounts: [{ type: 'volume', source: 'secret', target: '/s' }] }))
    const ask = async (reference: string) => {
      const { requestId: _, ...problem } = await ann.fails('POST', '/containers', { image: BASE_IMAGE, volumesFrom: [reference] })
      return problem
    }
    const missing = await ask('no-such-container')
    expect(missing).toMatchObject({ status: 400, errors: [{ pointer: '/volumesFrom/0', detail: 'no such container in the team' }] })
    for (const reference of ['theirs', theirs.id, theirs.id.slice(0, 12)]) expect(await ask(reference)).toEqual(missing)
  })
})
