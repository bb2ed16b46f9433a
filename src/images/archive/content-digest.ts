import { createHash, type Hash } from 'node:crypto'
import { once } from 'node:events'
import { AppError } from '../../common/errors.js'
import { decompressorFor } from './inflate.js'
import { refused } from './refused.js'

/** SHA-256 of content as it is, and as it is without its compression: a layer is known by the second. */
export class ContentDigest {
  private readonly raw = createHash('sha256')
  private decompressor: ReturnType<typeof decompressorFor> | undefined
  private readonly inner: Hash = createHash('sha256')
  private begin: Uint8Array = new Uint8Array(0)
  private done: Promise<void> = Promise.resolve()
  private size = 0

  /** `limit`: bytes without compression, beyond which it is no honest layer. */
  constructor(private readonly limit: number) {}

  async update(chunk: Uint8Array): Promise<void> {
    this.raw.update(chunk)
    if (this.decompressor !== undefined) return this.pass(chunk)
    // what it is shows after its first bytes, which may come singly
    this.begin = this.begin.length === 0 ? chunk : Buffer.concat([this.begin, chunk])
    if (this.begin.length >= 8) await this.decide()
  }

  /** `sha256:…` of both; the same where it is not compressed. @throws AppError ARCHIVE_REFUSED, BODY_TOO_LARGE */
  async end(): Promise<{ readonly raw: string; readonly content: string }> {
    const raw = `sha256:${this.raw.digest('hex')}`
    if (this.decompressor === undefined) await this.decide()
    if (!this.decompressor) return { raw, content: raw }
    this.decompressor.end()
    await this.done
    return { raw, content: `sha256:${this.inner.digest('hex')}` }
  }

  destroy(): void {
    this.decompressor?.destroy()
  }

  private async decide(): Promise<void> {
    this.decompressor = decompressorFor(this.begin)
    if (this.decompressor) {
      this.done = this.read(this.decompressor)
      this.done.catch(() => undefined)
    }
    await this.pass(this.begin)
  }

  private async pass(chunk: Uint8Array): Promise<void> {
    if (this.decompressor && !this.decompressor.write(chunk)) await Promise.race([once(this.decompressor, 'drain'), this.done])
  }

  private async read(decompressor: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const part of decompressor) {
        this.size += part.length
        if (this.size > this.limit) throw new AppError('BODY_TOO_LARGE', { limit: this.limit })
        this.inner.update(part)
      }
    } catch (error) {
      throw error instanceof AppError ? error : refused('the compression of a layer is damaged')
    }
  }
}
