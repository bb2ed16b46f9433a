/** Tars and files over REST, as bytes. */
import { pack, type Header } from 'tar-stream'
import { readTar } from '../../../src/common/tar.js'
import type { Actor, Problem } from '../../support/actor.js'
import { isDocumented } from '../../support/actor.js'

export interface Bytes {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Buffer
}

/** One request with this actor's token whose body and answer are bytes; held to the contract as every other. */
export async function bytes(
  actor: Actor,
  method: string,
  path: string,
  body?: RequestInit['body'],
  headers: Record<string, string> = {},
): Promise<Bytes> {
  const response = await fetch(`${actor.gateway.url}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${actor.accessToken}`, ...headers },
    ...(body !== undefined && { body, duplex: 'half' }),
  })
  const answer = { status: response.status, headers: response.headers, bytes: Buffer.from(await response.arrayBuffer()) }
  const isJson = method !== 'HEAD' && /[/+]json/.test(response.headers.get('content-type') ?? '')
  const text = answer.bytes.toString('utf8')
  const shape = {
    status: answer.status,
    headers: Object.fromEntries(response.headers),
    text,
    body: isJson ? (JSON.parse(text) as unknown) : text,
  }
  isDocumented(method, `/api/v1${path}`)(shape as never)
  return answer
}

/** A request that must fail. */
export async function bytesFail(...request: Parameters<typeof bytes>): Promise<Problem> {
  const { status, bytes: body } = await bytes(...request)
  if (status < 400) throw new Error(`${request[1]} ${request[2]} should have failed: ${status}`)
  return JSON.parse(body.toString('utf8')) as Problem
}

export type Entry = Partial<Header> & { readonly name: string; readonly content?: string | Buffer }

/** A tar with anything in it, also what nobody should send. */
export async function tarWith(...entries: Entry[]): Promise<Buffer> {
  const tar = pack()
  for (const { content, ...header } of entries) tar.entry(header, content ?? '')
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** What is in a tar: names, and the content of files. */
export async function contentOf(tar: Buffer): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for await (const { entry, data } of readTar(oneChunk(tar))) {
    const chunks: Uint8Array[] = []
    for await (const chunk of data) chunks.push(chunk)
    found[entry.name] = entry.type === 'file' ? Buffer.concat(chunks).toString('utf8') : `${entry.type} ${entry.link}`.trim()
  }
  return found
}

async function* oneChunk(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield bytes
}
