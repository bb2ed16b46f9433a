import { Global, Module } from '@nestjs/common'
import { Authenticator } from '../access/index.js'
import { AuthController } from './auth.controller.js'
import { AuthService } from './auth.service.js'
import { BearerAuthenticator } from './bearer-authenticator.js'
import { LoginChecks } from './login-checks.js'
import { LoginThrottle } from './login-throttle.js'
import { MeController } from './me.controller.js'
import { MeService } from './me.service.js'
import { MembersService } from './members.service.js'
import { OidcArrival, OidcDeparture } from './oidc/oidc-answer.js'
import { OidcClient } from './oidc/oidc-client.js'
import { OidcController } from './oidc/oidc.controller.js'
import { OidcPeople } from './oidc/oidc-people.js'
import { OidcRoles } from './oidc/oidc-roles.js'
import { OidcService } from './oidc/oidc.service.js'
import { OidcUsers } from './oidc/oidc-users.js'
import { OwnPassword } from './own-password.js'
import { Passwords } from './passwords.js'
import { PrincipalCache } from './principal-cache.js'
import { Principals } from './principals.js'
import { Rights } from './rights.js'
import { RolesController } from './roles.controller.js'
import { RolesService } from './roles.service.js'
import { SecondFactor } from './second-factor.js'
import { ServiceAccountsController } from './service-accounts.controller.js'
import { ServiceAccountsService } from './service-accounts.service.js'
import { ServiceTokensService } from './service-tokens.service.js'
import { SessionTokens } from './session-tokens.js'
import { Sessions } from './sessions.js'
import { SessionsController } from './sessions.controller.js'
import { SessionsService } from './sessions.service.js'
import { SetupController } from './setup.controller.js'
import { Setup } from './setup.js'
import { SetupService } from './setup.service.js'
import { TeamsController } from './teams.controller.js'
import { TeamsService } from './teams.service.js'
import { TokensController } from './tokens.controller.js'
import { TokensService } from './tokens.service.js'
import { TotpController } from './totp.controller.js'
import { TotpResetService } from './totp-reset.service.js'
import { TotpService } from './totp.service.js'
import { UsersController } from './users.controller.js'
import { UsersService } from './users.service.js'
import { WhoCanController } from './who-can.controller.js'
import { WhoCanService } from './who-can.service.js'

/** Who people are, how they prove it, and which roles they have. Global, since every edge asks its Authenticator. */
@Global()
@Module({
  controllers: [
    AuthController,
    MeController,
    OidcController,
    RolesController,
    ServiceAccountsController,
    SessionsController,
    SetupController,
    TeamsController,
    TokensController,
    TotpController,
    UsersController,
    WhoCanController,
  ],
  providers: [
    AuthService,
    BearerAuthenticator,
    LoginChecks,
    LoginThrottle,
    MeService,
    MembersService,
    OidcArrival,
    OidcClient,
    OidcDeparture,
    OidcPeople,
    OidcRoles,
    OidcService,
    OidcUsers,
    OwnPassword,
    Passwords,
    PrincipalCache,
    Principals,
    Rights,
    SecondFactor,
    RolesService,
    ServiceAccountsService,
    ServiceTokensService,
    SessionTokens,
    Sessions,
    SessionsService,
    Setup,
    SetupService,
    TeamsService,
    TokensService,
    TotpResetService,
    TotpService,
    UsersService,
    WhoCanService,
    { provide: Authenticator, useExisting: BearerAuthenticator },
  ],
  exports: [Authenticator],
})
export class AccountsModule {}
