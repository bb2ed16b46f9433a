import { Global, Module } from '@nestjs/common'
import { RegistryAccess } from '../common/registry-access.js'
import { RegistryCatalog } from '../common/registry-catalog.js'
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
import { TeamRegistryCatalog } from './team-registry-catalog.js'

/** Registries of the teams. Global for its ports alone: images are pulled, pushed and searched with what a team saved here. */
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
    { provide: RegistryCatalog, useClass: TeamRegistryCatalog },
  ],
  exports: [RegistryAccess, RegistryCatalog],
})
export class RegistryModule {}
