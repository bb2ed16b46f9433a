import { Global, Injectable, Module } from '@nestjs/common'
import { RegistryAccess, type RegistryCredential } from '../common/registry-access.js'

/** No team has credentials yet: every registry is asked as a stranger. */
@Injectable()
class Strangers extends RegistryAccess {
  credentialFor(): Promise<RegistryCredential | null> {
    return Promise.resolve(null)
  }
}

/** Registries of the teams. */
@Global()
@Module({ providers: [{ provide: RegistryAccess, useClass: Strangers }], exports: [RegistryAccess] })
export class RegistryModule {}
