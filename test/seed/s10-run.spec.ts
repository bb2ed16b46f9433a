/**
 * S10. The course: `docker run --name web -d -i -t -P -p 8080:80 --privileged -v … --volumes-from … image`, with an image that is
 * not there yet.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { imageWith, inspect } from '../containers/support/engine.js'
import type { Container, Page } from '../containers/support/types.js'
import { bed } from '../support/bed.js'
import {
  type Actor,
  BASE_IMAGE,
  runContainer,
  type Scenario,
  scenario,
  type Team,
  withImage,
  withName,
  withSpec,
} from '../support/scenario.js'
import { eventually } from './support.js'

let s: Scenario
let team: Team
let ann: Actor

beforeAll(async () => {
  s = await scenario()
  team = await s.team('course')
  ann = await s.user('ann', { course: 'developer' })
})
afterAll(() => s?.end())
afterEach(async () => {
  for (const { id } of (await ann.ok<Page<Container>>('GET', '/containers?all=true')).items)
    await ann.http.delete(`/containers/${id}?force=true&volumes=true`)
})

/** What is published on the host, from where the host is. */
async function page(port: number): Promise<string> {
  const forward = await bed().forward(port)
  try {
    return await (await fetch(`${forward.url}/`)).text()
  } finally {
    await forward.close()
  }
}

const SERVE = ['sh', '-c', 'mkdir /www; echo it works > /www/index.html; exec httpd -f -p 80 -h /www']

describe('s10: docker run', () => {
  it('pulls the image that is missing, creates and starts, in one call that tells the ports', async () => {
    expect((await ann.ok<Page<object>>('GET', '/images?reference=busybox')).items).toEqual([])
    const spec = { image: 'busybox', name: 'web', command: SERVE, ports: [{ container: 80, host: 18_300 }] }
    const made = await ann.ok<Container>('POST', '/containers?start=true', spec)
    expect(made).toMatchObject({
      name: 'web',
      state: { status: 'running' },
      ports: [{ container: 80, protocol: 'tcp', host: 18_300, hostIp: '0.0.0.0' }],
    })
    expect(await eventually(() => page(18_300))).toBe('it works\n')
    expect((await ann.ok<Page<object>>('GET', '/images?reference=busybox')).items).toHaveLength(1)
  })

  it('-P publishes what the image exposes, on ports that nobody has', async () => {
    const image = await imageWith(s, team, { Cmd: SERVE, ExposedPorts: { '80/tcp': {} } })
    const one = (await runContainer(ann, withName('one'), withImage(image), withSpec({ publishAll: true, command: SERVE }))) as Container
    const two = (await runContainer(ann, withName('two'), withImage(image), withSpec({ publishAll: true, command: SERVE }))) as Container
    const ports = [one, two].map((made) => made.ports.find(({ container }) => container === 80)!.host!)
    expect(new Set(ports).size).toBe(2)
    for (const port of ports) expect(await eventually(() => page(port))).toBe('it works\n')
  })

  it('-i -t keeps a terminal open, -v and --volumes-from bring files', async () => {
    await runContainer(ann, withName('store'), withSpec({ mounts: [{ type: 'volume', source: 'files', target: '/files' }] }))
    const { id } = await runContainer(
      ann,
      withName('shell'),
      withSpec({ command: ['sh'], tty: true, openStdin: true, volumesFrom: ['store'] }),
    )
    expect(await ann.ok('GET', '/containers/shell')).toMatchObject({
      state: { status: 'running' },
      mounts: [{ type: 'volume', source: 'files', destination: '/files' }],
    })
    expect((await inspect(id)).Config).toMatchObject({ Tty: true, OpenStdin: true })
  })

  it('reaches others by their names and by links of its own', async () => {
    await runContainer(ann, withName('db'), withSpec({ command: SERVE }))
    await runContainer(ann, withName('app'), withSpec({ links: ['db:database'] }))
    const ask = (who: string, name: string) =>
      ann.ok<{ stdout: string; exitCode: number }>('POST', `/containers/${who}/exec`, { command: ['nc', '-w', '2', name, '80'] })
    const answered = async (who: string, name: string) => expect(await ask(who, name)).toMatchObject({ exitCode: 0 })
    await eventually(() => answered('app', 'db'))
    await answered('app', 'database')
    // a link is of the one that has it
    expect((await ask('db', 'database')).exitCode).not.toBe(0)
    // and follows what it leads to, and its owner
    await ann.ok('POST', '/containers/db/rename', { name: 'store' })
    await ann.ok('POST', '/containers/app/rename', { name: 'site' })
    await eventually(() => answered('site', 'database'))
    await ann.ok('POST', '/containers/site/restart?timeout=0')
    await eventually(() => answered('site', 'database'))
  })

  it('links to nobody else', async () => {
    const other = await s.user('other', { others: 'developer' })
    const theirs = await runContainer(other, withName('theirs'))
    await runContainer(ann, withName('alone'), withSpec({ network: 'none' }))
    for (const [link, detail] of [
      [`${theirs.id.slice(0, 12)}:x`, 'no such container in the team'],
      ['theirs:x', 'no such container in the team'],
      ['alone', 'is not on the network default'],
      ['a b', 'must be name or name:alias'],
    ])
      expect(await ann.fails('POST', '/containers', { image: BASE_IMAGE, links: [link] }), link).toMatchObject({
        code: 'invalid_request',
        errors: [{ pointer: '/links/0', detail }],
      })
    expect(await ann.fails('POST', '/containers', { image: BASE_IMAGE, network: 'none', links: ['alone'] })).toMatchObject({
      errors: [{ pointer: '/links' }],
    })
    await other.http.delete(`/containers/${theirs.id}?force=true`).expect(204)
  })

  it('each flag is checked by the profile of the team, and all of them are told at once', async () => {
    const { code, violations } = await ann.fails('POST', '/containers?start=true', {
      image: 'never-pulled',
      privileged: true,
      ports: [{ container: 80, host: 80 }],
      mounts: [{ type: 'bind', source: '/', target: '/host' }],
      network: 'host',
    })
    expect(code).toBe('policy_denied')
    expect(violations!.map(({ path }) => path).sort()).toEqual(['/mounts/0/source', '/network', '/ports/0/host', '/privileged'])
    expect(new Set(violations!.map(({ profile }) => profile))).toEqual(new Set(['baseline']))
  })
})
