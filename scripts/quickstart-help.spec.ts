import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { help } from './quickstart-help.js'

interface Call {
  readonly route: string
  readonly authorization: string | undefined
  readonly body: string
}

describe('the commands that quickstart prints', () => {
  // a blank and a quote in the path, since a user's data folder may have them
  const folder = mkdtempSync(join(tmpdir(), "berth it's "))
  const calls: Call[] = []
  const server = createServer(
    (request, response) => void record(request).then(() => response.end('{"accessToken": "secret-1","refreshToken":"r"}')),
  )

  async function record(request: IncomingMessage): Promise<void> {
    const { method, url, headers } = request
    calls.push({ route: `${method} ${url}`, authorization: headers.authorization, body: await text(request) })
  }

  function printed(setupToken?: string): string {
    const { port } = server.address() as AddressInfo
    return help(
      { address: `http://127.0.0.1:${port}`, setupToken, tokenFile: join(folder, 'token'), image: 'berth.local/quickstart:1' },
      'a-password',
    )
  }

  async function paste(output: string): Promise<void> {
    calls.length = 0
    const commands = output.split('\n').filter((line) => /^ +(\(|curl)/.test(line))
    await promisify(execFile)('sh', ['-ec', commands.join('\n')])
  }

  beforeAll(() => new Promise<void>((done) => server.listen(0, '127.0.0.1', done)))
  afterAll(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })

  it('set up, run and follow, when pasted as they are', async () => {
    await paste(printed('the-token'))
    expect(calls.map(({ route }) => route)).toEqual([
      'POST /api/v1/setup',
      'POST /api/v1/containers?start=true',
      'GET /api/v1/containers/hello/logs?follow=true',
    ])
    expect(JSON.parse(calls[0]!.body)).toEqual({ setupToken: 'the-token', username: 'admin', password: 'a-password' })
    expect(JSON.parse(calls[1]!.body)).toMatchObject({ name: 'hello', image: 'berth.local/quickstart:1' })
    expect(calls.slice(1).map(({ authorization }) => authorization)).toEqual(['Bearer secret-1', 'Bearer secret-1'])
  })

  it('keep the access token where only its owner reads it', async () => {
    await paste(printed('the-token'))
    expect(readFileSync(join(folder, 'token'), 'utf8')).toBe('Authorization: Bearer secret-1')
    expect(statSync(join(folder, 'token')).mode & 0o777).toBe(0o600)
  })

  it('only log in, when the set-up is done', async () => {
    await paste(printed())
    expect(calls.map(({ route }) => route)).toEqual(['POST /api/v1/auth/login'])
  })
})
