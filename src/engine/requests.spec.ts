import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Admitted } from '../common/admitted.js'
import { Engine } from './engine.js'

const ID = 'a'.repeat(64)
const OTHER = 'b'.repeat(64)
const IMAGE = `sha256:${ID}`

/** As if admission had judged it: here only the request counts. */
const admitted = <T>(spec: T): Admitted<T> => spec as Admitted<T>

/** What any answer may need, in one. */
const ANYTHING: object = Object.assign(
  { Id: ID, ID, ContainerID: ID, Name: 'x', Driver: 'local', Mountpoint: '/', Version: '1', ApiVersion: '1.41', Created: 1, Size: 1 },
  { State: {}, Config: {}, HostConfig: {}, NetworkSettings: {}, Mounts: [], RootFS: {}, Titles: [], Processes: [], StatusCode: 0 },
  { Running: true, ProcessConfig: {}, Containers: 1, NCPU: 1, LayersSize: 0, Descriptor: {}, Platforms: [], Volumes: [], Warnings: [] },
)
/** A spec with the keys that dockerode and its modem would take for their own. */
const ODD_SPEC = Object.assign({ Image: 'x' }, { authconfig: 1, abortSignal: 2, _body: 3, _query: 4 })
/** Listed, or answered with a list. */
const LISTS = /^GET .*\/(containers\/json|images\/json|networks|history)(\?|$)|^DELETE .*\/images\//
/** Answered with nothing. */
const ACTS =
  /\/(start|stop|restart|kill|pause|unpause|rename|resize|tag|connect|disconnect)(\?|$)|^DELETE .*\/(containers|volumes|networks)\//

let seen: string[] = []
const dir = mkdtempSync(join(tmpdir(), 'berth-requests-'))
const server = createServer((request, response) => {
  void textOf(request).then((body) => {
    const line = `${request.method} ${request.url}`
    if (line.includes('_ping')) return response.writeHead(200, { 'Api-Version': '1.41', Server: 'Docker/20.10.24 (linux)' }).end('OK')
    const { 'content-type': type, 'content-length': length, 'x-registry-auth': auth } = request.headers
    seen = [line, body, [type, body === '' ? length : undefined, auth].filter((header) => header !== undefined).join(' ')]
    if (ACTS.test(line)) return response.writeHead(204).end()
    return response.writeHead(200, { 'Content-Type': 'application/json' }).end(LISTS.test(line) ? '[]' : JSON.stringify(ANYTHING))
  })
})
const engine = new Engine({ dockerHost: `unix://${join(dir, 'd.sock')}` })
const { containers, images, volumes, networks, exec, system } = engine

beforeAll(() => new Promise<void>((done) => void server.listen(join(dir, 'd.sock'), done)))
afterAll(async () => {
  await engine.onApplicationShutdown()
  server.close()
  rmSync(dir, { recursive: true })
})

type Row = [call: string, make: () => Promise<unknown>, line: string, body?: object, headers?: string]
const EMPTY = '0'
const JSON_BODY = 'application/json'

describe('each ordinary call', () => {
  const rows: Row[] = [
    ['containers.list', () => containers.list(), 'GET /containers/json?all=true'],
    ['containers.inspect', () => containers.inspect(ID), `GET /containers/${ID}/json`],
    [
      'containers.create',
      () => containers.create('web', admitted({ Image: 'x', Tty: false })),
      'POST /containers/create?name=web',
      { Image: 'x', Tty: false },
    ],
    [
      'containers.create with keys that dockerode knows',
      () => containers.create('web', admitted(ODD_SPEC)),
      'POST /containers/create?name=web',
      ODD_SPEC,
    ],
    ['containers.start', () => containers.start(ID), `POST /containers/${ID}/start`, undefined, EMPTY],
    ['containers.stop', () => containers.stop(ID), `POST /containers/${ID}/stop`, undefined, EMPTY],
    ['containers.stop with options', () => containers.stop(ID, { timeout: 0 }), `POST /containers/${ID}/stop?t=0`, undefined, EMPTY],
    ['containers.restart', () => containers.restart(ID, { timeout: 3 }), `POST /containers/${ID}/restart?t=3`, undefined, EMPTY],
    ['containers.kill', () => containers.kill(ID, { signal: 'HUP' }), `POST /containers/${ID}/kill?signal=HUP`, undefined, EMPTY],
    ['containers.pause', () => containers.pause(ID), `POST /containers/${ID}/pause`, undefined, EMPTY],
    ['containers.unpause', () => containers.unpause(ID), `POST /containers/${ID}/unpause`, undefined, EMPTY],
    ['containers.rename', () => containers.rename(ID, 'new'), `POST /containers/${ID}/rename?name=new`, undefined, EMPTY],
    ['containers.remove', () => containers.remove(ID), `DELETE /containers/${ID}`],
    [
      'containers.remove with options',
      () => containers.remove(ID, { force: true, volumes: false }),
      `DELETE /containers/${ID}?force=true&v=false`,
    ],
    ['containers.top', () => containers.top(ID, '-o pid'), `GET /containers/${ID}/top?ps_args=-o+pid`],
    [
      'containers.wait',
      () => containers.wait(ID, { condition: 'next-exit' }),
      `POST /containers/${ID}/wait?condition=next-exit`,
      undefined,
      EMPTY,
    ],
    ['containers.update', () => containers.update(ID, admitted({ Memory: 1 })), `POST /containers/${ID}/update`, { Memory: 1 }],
    ['containers.update with nothing', () => containers.update(ID, admitted({})), `POST /containers/${ID}/update`, {}],
    ['containers.resize', () => containers.resize(ID, { rows: 1, columns: 2 }), `POST /containers/${ID}/resize?h=1&w=2`, undefined, EMPTY],
    ['images.list', () => images.list(), 'GET /images/json'],
    ['images.inspect by id', () => images.inspect(IMAGE), `GET /images/${IMAGE}/json`],
    ['images.inspect by reference', () => images.inspect('r.x:5/a/b:1'), 'GET /images/r.x%3A5/a/b%3A1/json'],
    ['images.inspect of a name like an operation', () => images.inspect('a/json'), 'GET /images/a/json/json'],
    ['images.history', () => images.history('a'), 'GET /images/a/history'],
    [
      'images.tag',
      () => images.tag(IMAGE, { repository: 'r.x:5/a', tag: 'v1' }),
      `POST /images/${IMAGE}/tag?repo=r.x%3A5%2Fa&tag=v1`,
      undefined,
      EMPTY,
    ],
    ['images.remove', () => images.remove('a:1'), 'DELETE /images/a%3A1'],
    ['images.remove by digest', () => images.remove(`a@${IMAGE}`), `DELETE /images/a%40sha256%3A${ID}`],
    [
      'images.unnamed',
      () => images.unnamed('a=b&c'),
      'GET /images/json?filters=%7B%22dangling%22%3A%5B%22true%22%5D%2C%22label%22%3A%5B%22a%3Db%26c%22%5D%7D',
    ],
    [
      'images.distributionInspect',
      () => images.distributionInspect('r.x/a:1', { auth: { username: 'u?>', password: 'p' } }),
      'GET /distribution/r.x/a%3A1/json',
      undefined,
      Buffer.from('{"username":"u?>","password":"p"}').toString('base64url'),
    ],
    ['volumes.list', () => volumes.list(), 'GET /volumes'],
    ['volumes.inspect', () => volumes.inspect('create'), 'GET /volumes/create'],
    [
      'volumes.create',
      () => volumes.create(admitted({ Name: 'v', Labels: { a: 'b' } })),
      'POST /volumes/create',
      { Name: 'v', Labels: { a: 'b' } },
    ],
    ['volumes.remove', () => volumes.remove('v'), 'DELETE /volumes/v'],
    ['networks.list', () => networks.list(), 'GET /networks'],
    ['networks.inspect', () => networks.inspect(ID), `GET /networks/${ID}`],
    ['networks.create', () => networks.create(admitted({ Name: 'n' })), 'POST /networks/create', { Name: 'n', CheckDuplicate: true }],
    ['networks.remove', () => networks.remove(ID), `DELETE /networks/${ID}`],
    [
      'networks.connect',
      () => networks.connect(ID, OTHER, admitted({ Aliases: ['a'] })),
      `POST /networks/${ID}/connect`,
      { Container: OTHER, EndpointConfig: { Aliases: ['a'] } },
    ],
    ['networks.disconnect', () => networks.disconnect(ID, OTHER), `POST /networks/${ID}/disconnect`, { Container: OTHER, Force: false }],
    ['exec.create', () => exec.create(ID, admitted({ Cmd: ['ls'] })), `POST /containers/${ID}/exec`, { Cmd: ['ls'] }],
    ['exec.inspect', () => exec.inspect(ID), `GET /exec/${ID}/json`],
    ['exec.resize', () => exec.resize(ID, { rows: 1, columns: 2 }), `POST /exec/${ID}/resize?h=1&w=2`, undefined, EMPTY],
    ['system.version', () => system.version(), 'GET /version'],
    ['system.info', () => system.info(), 'GET /info'],
    ['system.df', () => system.df(), 'GET /system/df'],
  ]

  it.each(rows)('%s sends exactly its request', async (_call, make, line, body, headers = body ? JSON_BODY : '') => {
    await make()
    expect(seen).toEqual([line.replace(' ', ' /v1.41'), body ? JSON.stringify(body) : '', headers])
  })

  it('gives the whole answer, also what dockerode leaves out', async () => {
    expect(await containers.create('web', admitted({ Image: 'x' }))).toEqual(ANYTHING)
    expect(await exec.create(ID, admitted({ Cmd: ['ls'] }))).toEqual(ANYTHING)
    expect(await networks.create(admitted({ Name: 'n' }))).toEqual(ANYTHING)
    expect(await volumes.create(admitted({ Name: 'n' }))).toEqual(ANYTHING)
  })
})

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString()
  return text
}
