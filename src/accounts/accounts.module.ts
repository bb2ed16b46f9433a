import { Global, Module } from '@nestjs/common'
import { Authenticator } from '../access/index.js'
import { AuthController } from './auth.controller.js'
import { AuthService } from './auth.service.js'
import { BearerAuthenticator } from './bearer-authenticator.js'
import { LoginChecks } from './login-checks.js'
import { LoginThrottle } from './login-throttle.js'
import { MembersService } from './members.service.js'
import { Passwords } from './passwords.js'
import { PrincipalCache } from './principal-cache.js'
import { Principals } from './principals.js'
import { SessionTokens } from './session-tokens.js'
import { Sessions } from './sessions.js'
import { SetupController } from './setup.controller.js'
import { Setup } from './setup.js'
import { SetupService } from './setup.service.js'
import { TeamsController } from './teams.controller.js'
import { TeamsService } from './teams.service.js'
import { UsersController } from './users.controller.js'
import { UsersService } from './users.service.js'

/** Who people are, how they prove it, and which roles they have. Global, since every edge asks its Authenticator. */
@Global()
@Module({
  controllers: [AuthController, SetupController, TeamsController, UsersController],
  providers: [
    AuthService,
    BearerAuthenticator,
    LoginChecks,
    LoginThrottle,
    MembersService,
    Passwords,
    PrincipalCache,
    Principals,
    SessionTokens,
    Sessions,
    Setup,
    SetupService,
    TeamsService,
    UsersService,
    { provide: Authenticator, useExisting: BearerAuthenticator },
  ],
  exports: [Authenticator],
})
export class AccountsModule {}
