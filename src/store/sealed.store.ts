import { Injectable } from '@nestjs/common'
import { Database } from './database.js'

/** All that SecretBox has sealed and that lasts: what another store seals has to be listed here too. */
@Injectable()
export class SealedStore {
  constructor(private readonly db: Database) {}

  /** Without the answers that are kept for a day: a lost key must not hold up anybody for them. */
  async all(): Promise<string[]> {
    const registries = await this.db.selectFrom('registries').select('password as sealed').where('password', 'is not', null).execute()
    const factors = await this.db.selectFrom('totp').select('secret as sealed').execute()
    const webhooks = await this.db.selectFrom('webhooks').select('secret as sealed').execute()
    return [...registries, ...factors, ...webhooks].flatMap(({ sealed }) => sealed ?? [])
  }
}
