/** Containers of a team without the REST API of containers, and sockets with or without the typed client. */
import { randomBytes } from 'node:crypto'
import { io, type Socket } from 'socket.io-client'
import { Ownership } from '../../src/access/index.js'
import { Engine } from '../../src/engine/index.js'
import { connectStreams, type LogRecord, type Streams } from '../../clients/typescript/src/streams/index.js'
import { BASE_IMAGE } from '../support/bed.js'
import { unjudged } from '../support/unjudged.js'
import type { Actor, Scenario, Team } from '../support/scenario.js'

export interface Owned {
  readonly id: string
  readonly name: string
}

/** Starts a container that belongs to the team; `spec` is in the engine's shape. */
export async function ownedContainer(
  s: Scenario,
  team: Team,
  spec: object = {},
  { name = `c${randomBytes(4).toString('hex')}`, start = true } = {},
): Promise<Owned> {
  const engine = engineOf(s)
  const base = { Image: BASE_IMAGE, Cmd: ['sleep', '600'], HostConfig: { Init: true } }
  const { Id } = await engine.containers.create(`${team.name}--${name}`, unjudged({ ...base, ...spec }))
  await engine.inventory.refresh('container', Id)
  await s.gateway.app.get(Ownership, { strict: false }).adopt('container', Id, team, name, s.admin.userId ?? 'admin')
  if (start) await engine.containers.start(Id)
  await engine.inventory.refresh('container', Id)
  return { id: Id, name }
}

export function engineOf(s: Scenario): Engine {
  return s.gateway.app.get(Engine, { strict: false })
}

/** The typed client of an actor; close it. */
export function streamsOf(actor: Actor): Streams {
  return connectStreams({ url: actor.gateway.url, token: actor.accessToken! })
}

export interface Problem {
  readonly code: string
  readonly status: number
  readonly requestId: string
}
export interface Ack {
  readonly ok: boolean
  readonly streamId: string
  readonly error: Problem
  readonly [fact: string]: unknown
}

/** A plain socket: what any client would see. */
export class RawSocket implements Disposable {
  readonly events: { event: string; message: Record<string, unknown> }[] = []
  disconnected = false

  constructor(readonly socket: Socket) {
    socket.onAny((event: string, message: Record<string, unknown>) => this.events.push({ event, message }))
    socket.on('disconnect', () => (this.disconnected = true))
  }

  /** Emits and waits for the ack. */
  ask(event: string, ...args: unknown[]): Promise<Ack> {
    return this.socket.timeout(10_000).emitWithAck(event, ...args) as Promise<Ack>
  }

  of(event: string): Record<string, unknown>[] {
    return this.events.filter((each) => each.event === event).map(({ message }) => message)
  }

  end(streamId: string): Record<string, unknown> | undefined {
    return this.of('stream:end').find((message) => message['streamId'] === streamId)
  }

  [Symbol.dispose](): void {
    this.socket.disconnect()
  }
}

export interface RawOptions {
  readonly token?: unknown
  readonly origin?: string
  readonly transport?: 'websocket' | 'polling'
}

/** Resolves when connected; rejects with the connect_error. */
export async function rawSocket(url: string, { token, origin, transport = 'websocket' }: RawOptions): Promise<RawSocket> {
  const socket = io(url, {
    auth: { token },
    transports: [transport],
    forceNew: true,
    reconnection: false,
    ...(origin !== undefined && { extraHeaders: { origin } }),
  })
  const raw = new RawSocket(socket)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', (error) => {
      socket.disconnect()
      reject(error)
    })
  })
  return raw
}

export async function until(what: string, check: () => unknown, limit = 10_000): Promise<void> {
  const end = performance.now() + limit
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`waited ${limit} ms for: ${what}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}

export function bytesOf(record: LogRecord): Buffer {
  return Buffer.from(record.text as string)
}

/** Whether a process with this argument runs in the container. */
export async function runs(s: Scenario, container: string, argument: string): Promise<boolean> {
  const { Processes } = await engineOf(s).containers.top(container)
  return Processes.some((row) => row.some((cell) => cell.includes(argument)))
}
