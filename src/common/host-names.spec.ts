import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addressesOf, addressesOfOwn } from './host-names.js'

const dir = mkdtempSync(join(tmpdir(), 'berth-names-'))
const hosts = join(dir, 'hosts')
let silent: Socket
let answering: Socket
let servers: string[]

/** The question again, with one address where it was for IPv4 and none otherwise (RFC 1035, 4.1). */
function answerTo(question: Buffer): Buffer {
  const end = question.indexOf(0, 12) + 5
  const four = question.readUInt16BE(end - 4) === 1
  const head = Buffer.from(question.subarray(0, end))
  head.writeUInt16BE(0x8180, 2)
  head.writeUInt16BE(four ? 1 : 0, 6)
  head.writeUInt32BE(0, 8)
  return four ? Buffer.concat([head, Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 7])]) : head
}

async function server(): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

beforeAll(async () => {
  writeFileSync(hosts, '127.0.0.1 localhost\n::1 Six both # no\n10.0.0.9\tdb  db.internal both\nfe80::1%lo0 zone\n')
  silent = await server()
  answering = await server()
  answering.on('message', (question, { port, address }) => answering.send(answerTo(question), port, address))
  servers = [`127.0.0.1:${answering.address().port}`]
})
afterAll(() => {
  silent.close()
  answering.close()
  rmSync(dir, { recursive: true })
})

describe('addressesOf', () => {
  it.each([
    ['192.0.2.1', ['192.0.2.1']],
    ['::1', ['::1']],
    ['localhost', ['127.0.0.1']],
    ['LOCALHOST.', ['127.0.0.1']],
    ['any.localhost', ['127.0.0.1', '::1']],
    ['six', ['::1']],
    ['both', ['10.0.0.9', '::1']],
    ['db.internal', ['10.0.0.9']],
    ['no', ['192.0.2.7']],
    ['zone', ['192.0.2.7']],
    ['registry.example', ['192.0.2.7']],
  ])('%s', async (name, addresses) => {
    expect(await addressesOf(name, { hosts, servers })).toEqual(addresses)
  })

  it('gives up on what nobody answers, and holds up no other look-up meanwhile', async () => {
    const unanswered = { hosts, servers: [`127.0.0.1:${silent.address().port}`] }
    const begin = performance.now()
    const asked = Array.from({ length: 30 }, (_, n) => addressesOf(`h${n}.slow.example`, unanswered).then(String, (error: Error) => error))
    await addressesOfOwn('localhost')
    expect(await addressesOf('registry.example', { hosts, servers })).toEqual(['192.0.2.7'])
    expect(performance.now() - begin).toBeLessThan(1_500)
    for (const each of await Promise.all(asked)) expect(each).toMatchObject({ code: 'EAI_AGAIN' })
    expect(performance.now() - begin).toBeLessThan(8_000)
  }, 15_000)
})
