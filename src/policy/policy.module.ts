import { Module } from '@nestjs/common'
import { HostExportsController } from './host-exports.controller.js'
import { HostExports } from './host-exports.service.js'
import { HostFolders } from './host-folders.js'
import { SeccompProfilesController } from './seccomp-profiles.controller.js'
import { SeccompProfiles } from './seccomp-profiles.service.js'
import { ProfilesController } from './profiles.controller.js'
import { Profiles } from './profiles.service.js'

/** What teams may make, as administrators decide it; `admission/` holds every creation to it. */
@Module({
  controllers: [ProfilesController, HostExportsController, SeccompProfilesController],
  providers: [HostExports, HostFolders, Profiles, SeccompProfiles],
})
export class PolicyModule {}
