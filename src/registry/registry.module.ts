import { Global, Module } from '@nestjs/common'
import { RegistryAccess } from '../common/registry-access.js'
import { EngineReadiness } from './engine-readiness.js'
import { KeyRotation } from './key-rotation.js'
import { RegistriesController } from './registries.controller.js'
import { Registries } from './registries.service.js'
import { RegistryHttp } from './registry-http.js'
import { RegistryIdentities } from './registry-identities.js'
import { RegistryReach } from './registry-reach.js'
import { RepositoriesController } from './repositories.controller.js'
import { Repositories } from './repositories.service.js'
import { TeamRegistryAccess } from './team-registry-access.js'

/** Registries of the teams. Global for its port alone: images are pulled and pushed with the credentials of a team. */
@Global()
@Module({
  controllers: [RegistriesController, RepositoriesController],
  providers: [
    EngineReadiness,
    KeyRotation,
    Registries,
    RegistryHttp,
    RegistryIdentities,
    RegistryReach,
    Repositories,
    { provide: RegistryAccess, useClass: TeamRegistryAccess },
  ],
  exports: [RegistryAccess],
})
export class RegistryModule {}
