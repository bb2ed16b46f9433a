import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common'
import type { WebhookRow } from '../../store/schema.js'
import { SecretBox } from '../../store/secret-box.js'
import { WebhookStore } from '../../store/webhooks.store.js'

type Owned = Pick<WebhookRow, 'id' | 'team_id'>

/** Secrets of webhooks, sealed at rest. After a change of BERTH_SECRETS_KEY, the start seals them with the new key. */
@Injectable()
export class WebhookKeys implements OnApplicationBootstrap {
  private readonly logger = new Logger('webhooks')

  constructor(
    private readonly store: WebhookStore,
    private readonly box: SecretBox,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    for (const row of await this.store.all()) {
      try {
        if (this.box.isOld(row.secret)) await this.store.reseal(row, await this.seal(row, this.open(row)))
      } catch (error) {
        // its deliveries fail until the key is there again, which its team is told; the others work
        this.logger.error(`the secret of webhook ${row.id} can not be opened: ${(error as Error).message}; see BERTH_SECRETS_KEY`)
      }
    }
  }

  /** @throws AppError SECRETS_KEY_MISSING */
  seal(webhook: Owned, secret: string): Promise<string> {
    return this.box.seal(secret, context(webhook))
  }

  /** @throws AppError SECRETS_KEY_MISSING; Error when the row was changed beside the gateway */
  open(webhook: WebhookRow): string {
    return this.box.open(webhook.secret, context(webhook))
  }
}

/** A secret opens for its own webhook alone. */
function context({ id, team_id: team }: Owned): string {
  return `webhook ${id} of ${team}`
}
