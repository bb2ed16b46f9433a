import { Injectable } from '@nestjs/common'
import { RegistryAccess } from '../common/registry-access.js'
import type { RegistryAuth } from '../engine/index.js'

/** What the engine shows to a registry in the name of a team. */
@Injectable()
export class TeamRegistryAuth {
  constructor(private readonly access: RegistryAccess) {}

  /** Undefined: as a stranger. The registry is that of a normalised reference, never one that a client names beside it. */
  async for(teamId: string, registry: string): Promise<RegistryAuth | undefined> {
    const credential = await this.access.credentialFor(teamId, registry)
    if (!credential) return undefined
    const { username, password, serverAddress } = credential
    return { username, password, serveraddress: serverAddress }
  }
}
