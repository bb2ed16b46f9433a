/** Tars, well made and not, and uploads that stop halfway. */
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { pack } from 'tar-stream'
import { readTar, TAR_END, tarHeader, tarPadding, type TarEntry } from '../../src/common/tar.js'
import type { Actor } from '../support/actor.js'
import { bed } from '../support/bed.js'
import { httpCall } from '../support/engine-http.js'

/** An entry that may be anything. */
export interface RawEntry extends Partial<TarEntry> {
  readonly name: string
  readonly content?: string | Buffer
  /** The tar's own letter for its kind, where there is no type for it. */
  readonly flag?: string
  readonly pax?: Record<string, string>
}

/** A tar of these entries, with whatever is wrong in them. */
export function rawTar(...entries: readonly RawEntry[]): Buffer {
  const parts = entries.map(({ content = '', flag, ...entry }) => {
    const bytes = Buffer.from(content)
    const head = tarHeader({ type: 'file', size: bytes.length, mode: 0o644, uid: 0, gid: 0, modified: new Date(0), link: '', ...entry })
    if (flag) resum(head, flag)
    return Buffer.concat([head, bytes, tarPadding(bytes.length)])
  })
  return Buffer.concat([...parts, TAR_END])
}

function resum(head: Buffer, flag: string): void {
  head.write(flag, 156)
  head.write('        ', 148)
  const sum = head.reduce((total, byte) => total + byte, 0)
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
}

/** A tar with extended attributes, by another writer than ours. */
export async function packed(entries: readonly RawEntry[]): Promise<Buffer> {
  const tar = pack()
  for (const { name, type = 'file', link, content = '', uid, gid, mode, pax } of entries)
    tar.entry(
      {
        name,
        type: type === 'other' ? 'file' : type,
        ...(link && { linkname: link }),
        ...(pax && { pax }),
        ...(uid && { uid, gid, mode }),
      },
      Buffer.from(content),
    )
  tar.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** What is in a tar, by name. */
export async function filesOf(tar: Buffer): Promise<Record<string, Buffer>> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield tar
  }
  const files: Record<string, Buffer> = {}
  for await (const { entry, data } of readTar(source())) {
    const parts: Uint8Array[] = []
    for await (const part of data) parts.push(part)
    files[entry.name] = Buffer.concat(parts)
  }
  return files
}

/** The bytes of an answer of the engine itself. */
export async function engineBytes(path: string): Promise<Buffer> {
  return (await httpCall({ socketPath: bed().socketPath, method: 'GET', path: `/v1.41${path}` })).body
}

/** An upload that has sent half of what it promised. */
export interface HalfUpload {
  /** The status of the answer, if one comes. */
  readonly answer: Promise<number>
  readonly leave: () => void
}

export async function halfUpload(actor: Actor, path: string, body: Buffer): Promise<HalfUpload> {
  const headers = { authorization: `Bearer ${actor.accessToken}`, 'content-type': 'application/x-tar', 'content-length': body.length }
  const sent = request(`${actor.gateway.url}/api/v1${path}`, { method: 'POST', headers })
  const answer = new Promise<number>((resolve) => {
    sent.on('response', (response: IncomingMessage) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
    sent.on('error', () => resolve(0))
  })
  if (!sent.write(body.subarray(0, body.length / 2))) await once(sent, 'drain')
  return { answer, leave: () => void sent.destroy() }
}
