import { Injectable } from '@nestjs/common'
import { RegistryAccess, type RegistryCredential, type RegistryUse } from '../common/registry-access.js'
import { RegistryStore } from '../store/registries.store.js'
import { isHub } from './registry-address.js'
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
   * The engine sends a password to whatever realm the registry names at that moment. Where another host makes the tokens, the
   * registry is not the one to be trusted with it: the engine gets a token for this use alone. Else the registry is asked first.
   * @throws AppError REGISTRY_REALM_REFUSED, REGISTRY_REDIRECTED and others: then the engine gets nothing
   */
  async credentialFor(teamId: string, registry: string, use: RegistryUse): Promise<RegistryCredential | null> {
    const row = await this.registries.byAddress(teamId, registry.toLowerCase())
    if (!row) return null
    const session = this.identities.session(row)
    const { credential, address: serverAddress } = session.registry
    if (credential === null) return null
    if (row.token_host !== null && !isHub(row.address)) {
      const registryToken = await session.token(`repository:${use.repository}:${use.action === 'push' ? 'pull,push' : 'pull'}`)
      return registryToken === null ? null : { username: '', password: '', serverAddress, registryToken }
    }
    await session.assertHonest()
    return { ...credential, serverAddress }
  }
}
