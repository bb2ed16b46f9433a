import { Injectable } from '@nestjs/common'
import type { ImageReference } from '../common/image-reference.js'
import { RegistryAccess, type RegistryUse } from '../common/registry-access.js'
import type { RegistryAuth } from '../engine/index.js'

/** What the engine shows to a registry in the name of a team. */
@Injectable()
export class TeamRegistryAuth {
  constructor(private readonly access: RegistryAccess) {}

  /**
   * Undefined: as a stranger. The registry is that of a normalised reference, never one that a client names beside it.
   * @throws AppError REGISTRY_… where it would have the credential sent elsewhere
   */
  async for(
    teamId: string,
    { registry, repository }: Pick<ImageReference, 'registry' | 'repository'>,
    action: RegistryUse['action'],
  ): Promise<RegistryAuth | undefined> {
    const credential = await this.access.credentialFor(teamId, registry, { repository, action })
    if (!credential) return undefined
    const { username, password, serverAddress: serveraddress, registryToken } = credential
    return registryToken === undefined ? { username, password, serveraddress } : { registrytoken: registryToken, serveraddress }
  }
}
