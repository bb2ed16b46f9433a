/** The socket protocol, read as fast as it comes. */
import { io, type Socket } from 'socket.io-client'
import type { ClientToServerEvents, OpenAck, ServerToClientEvents, StreamData, StreamEnd } from '../../src/streams/protocol.js'
import type { World } from './world.js'

export type StreamSocket = Socket<ServerToClientEvents, ClientToServerEvents>

export async function connect(world: World): Promise<StreamSocket> {
  const socket: StreamSocket = io(world.gateway.url, {
    transports: ['websocket'],
    auth: { token: world.token },
    forceNew: true,
    reconnection: false,
  })
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('connect_error', reject))
  return socket
}

export interface Reader {
  readonly kind: string
  readonly params: object
  readonly onData: (message: StreamData) => void
}

export interface OpenedStream {
  readonly id: string
  readonly ended: Promise<StreamEnd>
}

/** Opens a stream and gives back every byte of credit as it comes. One at a time on a socket. */
export async function open(socket: StreamSocket, { kind, params, onData }: Reader): Promise<OpenedStream> {
  const { promise: ended, resolve, reject } = Promise.withResolvers<StreamEnd>()
  socket.removeAllListeners('stream:data').removeAllListeners('stream:end')
  socket.on('stream:data', (message) => {
    onData(message)
    socket.emit('stream:credit', { streamId: message.streamId, bytes: message.bytes })
  })
  socket.on('stream:end', (end) => (end.error ? reject(new Error(`${kind}: ${end.error.detail}`)) : resolve(end)))
  socket.once('disconnect', (reason) => reject(new Error(`${kind}: ${reason}`)))
  ended.catch(() => undefined)
  const ack = await new Promise<OpenAck>((answered) => socket.emit('stream:open', { kind, params }, answered))
  if (!ack.ok) throw new Error(`${kind}: ${ack.error.detail}`)
  return { id: ack.streamId, ended }
}
