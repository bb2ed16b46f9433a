/** A key that is typed into a terminal, and how long until it shows: the kernel echoes it, all the rest is the way there and back. */
import { once } from 'node:events'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import type { ExecFrame } from '../../src/streams/protocol.js'
import type { Figure } from '../support/figure.js'
import { latencies, timed } from '../support/load.js'
import { ms, more, overDirect, type Row } from '../support/report.js'
import { compare } from '../support/rounds.js'
import { connect, open } from '../support/streams.js'
import { ordinaryContainer, type World } from '../support/world.js'

const KEY = Buffer.from('x')
const COMMAND = ['cat']

/** Types a key and resolves with what shows. */
interface Terminal {
  type(): Promise<unknown>
  close(): Promise<unknown>
}

export const exec: Figure = {
  name: 'exec',
  async run({ world, plan }) {
    const user = world.user()
    const container = { ...ordinaryContainer(world.image, { 'bench.run': world.id }), ports: [] }
    const { id } = await user.json<{ id: string }>('POST', '/api/v1/containers?start=true', container)
    user.close()
    const keys = plan.quick ? 10 : 200
    const { engine, gateway } = await compare<'p50' | 'p99'>(plan.rounds, {
      engine: async () => typed(await hijacked(world, id), keys),
      gateway: async () => typed(await onSocket(world, id), keys),
    })
    const row = (key: 'p50' | 'p99'): Row => ({
      figure: `echo of a key in a terminal: ${key}`,
      engine: ms(engine[key]),
      gateway: ms(gateway[key]),
      compared: more(gateway[key] - engine[key], ms),
      ...(key === 'p50' && { bound: overDirect(engine.p50, gateway.p50, 1.5) }),
    })
    return [row('p50'), row('p99')]
  },
}

async function typed(terminal: Terminal, keys: number): Promise<{ p50: number; p99: number }> {
  const times: number[] = []
  for (let index = 0; index < keys; index++) times.push(await timed(() => terminal.type()))
  await terminal.close()
  return latencies(times)
}

async function hijacked(world: World, container: string): Promise<Terminal> {
  const engine = world.engine()
  const spec = { Cmd: COMMAND, Tty: true, AttachStdin: true, AttachStdout: true, AttachStderr: true }
  const { Id } = await engine.json<{ Id: string }>('POST', `/containers/${container}/exec`, spec)
  engine.close()
  const body = JSON.stringify({ Tty: true })
  const headers = { connection: 'Upgrade', upgrade: 'tcp', 'content-type': 'application/json', 'content-length': body.length }
  const call = request({ socketPath: world.bed.socketPath, method: 'POST', path: `/exec/${Id}/start`, headers })
  call.end(body)
  const [, socket] = (await once(call, 'upgrade')) as [unknown, Socket]
  socket.resume()
  return {
    type: async () => {
      const shown = once(socket, 'data')
      socket.write(KEY)
      await shown
    },
    close: async () => void socket.destroy(),
  }
}

async function onSocket(world: World, container: string): Promise<Terminal> {
  const socket = await connect(world)
  let shown = Promise.withResolvers<void>()
  const { id } = await open(socket, {
    kind: 'container.exec',
    params: { container, command: COMMAND, tty: true },
    onData: ({ frames }) => void ((frames as readonly ExecFrame[]).length > 0 && shown.resolve()),
  })
  return {
    type: async () => {
      shown = Promise.withResolvers()
      socket.emit('stream:input', { streamId: id, data: KEY })
      await shown.promise
    },
    close: async () => {
      await new Promise<unknown>((closed) => socket.emit('stream:close', { streamId: id }, closed))
      socket.disconnect()
    },
  }
}
