import { Injectable } from '@nestjs/common'
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../common/errors.js'
import { Config } from '../config/config.js'
import { SettingsStore } from './settings.store.js'

interface Key {
  /** First characters of its hash: tells which key is missing, and nothing of the key. */
  readonly id: string
  readonly bytes: Buffer
}

/** The key that secrets of this installation were last sealed with. */
const CURRENT = 'secrets_key_id'
const FILE = 'secrets.key'

/**
 * Secrets at rest that have to be shown to others later, such as the password of a registry: AES-256-GCM with a key that is
 * not in the database. The context (whose, what for) is authenticated along, so that a sealed value which somebody copies to
 * another team's row, or whose address they change, opens no more.
 */
@Injectable()
export class SecretBox {
  private keys: readonly Key[] | null = null

  constructor(
    private readonly config: Config,
    private readonly settings: SettingsStore,
  ) {}

  /** @throws AppError SECRETS_KEY_MISSING when another process seals with a key that this one lacks */
  async seal(secret: string, context: string): Promise<string> {
    const [key] = this.all()
    const current = await this.settings.getOrCreate(CURRENT, () => key!.id)
    this.key(current)
    // Newer than the one in use: whoever seals with it first says so.
    if (current !== key!.id) await this.settings.set(CURRENT, key!.id)
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', key!.bytes, iv).setAAD(Buffer.from(context))
    const bytes = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
    return ['v1', key!.id, Buffer.concat([iv, cipher.getAuthTag(), bytes]).toString('base64url')].join('.')
  }

  /** @throws AppError SECRETS_KEY_MISSING; Error when it was sealed for something else or changed since */
  open(sealed: string, context: string): string {
    const [version, id = '', text = ''] = sealed.split('.')
    if (version !== 'v1') throw new Error('a sealed secret of an unknown kind')
    const bytes = Buffer.from(text, 'base64url')
    const decipher = createDecipheriv('aes-256-gcm', this.key(id), bytes.subarray(0, 12), { authTagLength: 16 })
    decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(12, 28))
    return decipher.update(bytes.subarray(28), undefined, 'utf8') + decipher.final('utf8')
  }

  /** Is it sealed with another key than new ones are? */
  isOld(sealed: string): boolean {
    return sealed.split('.')[1] !== this.all()[0]!.id
  }

  /** A key that was lost holds up nothing any more, once all that it sealed is gone. */
  async release(sealed: readonly string[]): Promise<void> {
    const current = await this.settings.get(CURRENT)
    if (current !== null && !sealed.some((each) => each.split('.')[1] === current)) await this.settings.take(CURRENT, current)
  }

  private key(id: string): Buffer {
    const found = this.all().find((key) => key.id === id)
    if (!found) throw new AppError('SECRETS_KEY_MISSING', { key: id })
    return found.bytes
  }

  /** Read at the first use: a gateway that keeps no secrets needs no key. */
  private all(): readonly Key[] {
    const given = this.config.BERTH_SECRETS_KEY
    return (this.keys ??= (given.length > 0 ? given : [this.fileKey()]).map(keyOf))
  }

  private fileKey(): string {
    const path = join(this.config.BERTH_DATA_DIR, FILE)
    mkdirSync(this.config.BERTH_DATA_DIR, { recursive: true, mode: 0o700 })
    try {
      // wx: of two that start at once, one writes and both read the same
      writeFileSync(path, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx', flush: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    return readFileSync(path, 'utf8').trim()
  }
}

function keyOf(text: string): Key {
  const bytes = Buffer.from(text, text.length === 64 ? 'hex' : 'base64')
  if (bytes.length !== 32) throw new Error(`the key in ${FILE} is not 32 bytes: restore it from a backup`)
  return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 8), bytes }
}
