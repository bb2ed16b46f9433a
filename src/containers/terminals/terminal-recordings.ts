import { Injectable } from '@nestjs/common'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { Config } from '../../config/config.js'
import type { OutputStream } from '../../engine/index.js'
import type { Size, TerminalRecorder } from './terminal-session.js'

const DEFAULT_SIZE: Size = { rows: 24, cols: 80 }

export interface CastHeader {
  readonly size: Size | null
  readonly title: string
}

/** What terminals showed, as asciicast v2 files below the data directory: for the gateway's own user alone. */
@Injectable()
export class TerminalRecordings {
  private readonly folder: string

  constructor(config: Config) {
    this.folder = join(config.BERTH_DATA_DIR, 'recordings')
  }

  /** Begins one; its header is on the disk then. @throws the file system's error */
  async begin(id: string, header: CastHeader): Promise<TerminalRecorder> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 })
    const file = await open(this.pathOf(id), 'wx', 0o600)
    const cast = new CastFile(file)
    try {
      await cast.begin(header)
    } catch (error) {
      await file.close()
      await this.remove(id)
      throw error
    }
    return cast
  }

  /** Bytes of it; null: it is not here. */
  async size(id: string): Promise<number | null> {
    return (await stat(this.pathOf(id)).catch(() => null))?.size ?? null
  }

  /** The first bytes of it: one that is still written grows meanwhile. */
  read(id: string, bytes: number): Readable {
    return createReadStream(this.pathOf(id), { end: bytes - 1 })
  }

  async remove(id: string): Promise<void> {
    await rm(this.pathOf(id), { force: true })
  }

  private pathOf(id: string): string {
    // ids are ours, but a path is no place to find out otherwise
    if (!/^[0-9a-f-]{36}$/.test(id)) throw new Error('not the id of a recording')
    return join(this.folder, `${id}.cast`)
  }
}

/** asciicast v2 (docs.asciinema.org/manual/asciicast/v2): a JSON line with facts, then one for each event. */
class CastFile implements TerminalRecorder {
  private readonly start = performance.now()
  private readonly decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') }
  private writing: Promise<unknown> = Promise.resolve()

  constructor(private readonly file: FileHandle) {}

  async begin({ size, title }: CastHeader): Promise<void> {
    const { rows, cols } = size ?? DEFAULT_SIZE
    const timestamp = Math.floor(Date.now() / 1_000)
    await this.line({ version: 2, width: cols, height: rows, timestamp, title, env: { TERM: 'xterm' } })
  }

  /** Text is UTF-8 in this format: a character that is cut between two pieces waits for its rest, and what is none becomes U+FFFD. */
  async output(stream: OutputStream, bytes: Uint8Array): Promise<void> {
    await this.event('o', this.decoders[stream].write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)))
  }

  async resize({ rows, cols }: Size): Promise<void> {
    await this.event('r', `${cols}x${rows}`)
  }

  async close(): Promise<void> {
    try {
      for (const decoder of Object.values(this.decoders)) await this.event('o', decoder.end())
      await this.file.datasync()
    } finally {
      await this.file.close()
    }
  }

  private async event(kind: 'o' | 'r', text: string): Promise<void> {
    if (text === '') return
    const seconds = (performance.now() - this.start) / 1_000
    await this.line([Number(seconds.toFixed(6)), kind, text])
  }

  /** One after another: a resize and output may come at the same time. */
  private line(value: object): Promise<unknown> {
    const turn = this.writing.then(() => this.file.appendFile(`${JSON.stringify(value)}\n`))
    this.writing = turn.catch(() => undefined)
    return turn
  }
}
