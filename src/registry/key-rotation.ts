import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common'
import { RegistryStore } from '../store/registries.store.js'
import { SealedStore } from '../store/sealed.store.js'
import { SecretBox } from '../store/secret-box.js'
import { RegistryIdentities } from './registry-identities.js'

/** After a change of BERTH_SECRETS_KEY: passwords that the old key sealed are sealed with the new one, at the start. */
@Injectable()
export class KeyRotation implements OnApplicationBootstrap {
  private readonly log = new Logger('registries')

  constructor(
    private readonly registries: RegistryStore,
    private readonly identities: RegistryIdentities,
    private readonly box: SecretBox,
    private readonly sealed: SealedStore,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.box.release(await this.sealed.all())
    const rows = await this.registries.sealed()
    for (const row of rows.filter((row) => this.identities.isOld(row))) {
      try {
        const { credential } = this.identities.identity(row)
        if (credential) await this.registries.reseal(row, await this.identities.seal(row, credential.password))
      } catch (error) {
        // the registry says so to whoever uses it; the others work
        this.log.error(`the password of registry ${row.id} can not be opened: ${(error as Error).message}; see BERTH_SECRETS_KEY`)
      }
    }
  }
}
