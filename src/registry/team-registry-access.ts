import { Injectable } from '@nestjs/common'
import { RegistryAccess, type RegistryCredential } from '../common/registry-access.js'
import { RegistryStore } from '../store/registries.store.js'
import { RegistryIdentities } from './registry-identities.js'

/** The credential of a team for the engine, which then talks to the registry itself. */
@Injectable()
export class TeamRegistryAccess extends RegistryAccess {
  constructor(
    private readonly registries: RegistryStore,
    private readonly identities: RegistryIdentities,
  ) {
    super()
  }

  /**
   * The engine sends the password to whatever realm the registry names, so the registry is asked first.
   * @throws AppError REGISTRY_REALM_REFUSED, REGISTRY_REDIRECTED and others: then the engine gets nothing
   */
  async credentialFor(teamId: string, registry: string): Promise<RegistryCredential | null> {
    const row = await this.registries.byAddress(teamId, registry.toLowerCase())
    if (!row) return null
    const session = this.identities.session(row)
    const { credential, address } = session.registry
    if (credential === null) return null
    await session.assertHonest()
    return { ...credential, serverAddress: address }
  }
}
