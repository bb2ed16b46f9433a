import { Controller, Get, Query, UseInterceptors } from '@nestjs/common'
import { ApiFoundResponse, ApiOkResponse, ApiQuery, ApiTags } from '@nestjs/swagger'
import type { Grant } from '../../access/index.js'
import { Granted, Operation } from '../../http/operation.decorator.js'
import { LoginResponse } from '../dto/auth.dto.js'
import { OidcArrival, OidcDeparture, Returned } from './oidc-answer.js'
import { type OidcRedirect, type OidcReturn, OidcService } from './oidc.service.js'

@ApiTags('auth')
@Controller('auth/oidc')
export class OidcController {
  constructor(private readonly oidc: OidcService) {}

  /** Sends the browser to the OpenID provider. */
  @Get('login')
  @UseInterceptors(OidcDeparture)
  @ApiFoundResponse({ description: 'To the provider, which sends the browser back to the callback' })
  @Operation('OidcLogin', 'Log in at the OpenID provider')
  login(@Granted() grant: Grant<'OidcLogin'>): Promise<OidcRedirect> {
    return this.oidc.begin(grant)
  }

  /** Opens a session for whom the provider sent back, with the roles of their groups; makes the user at the first login. */
  @Get('callback')
  @UseInterceptors(OidcArrival)
  @ApiOkResponse({ type: LoginResponse })
  @ApiQuery({ name: 'code', type: String, required: false, description: 'from the provider' })
  @ApiQuery({ name: 'state', type: String, required: false, description: 'from the provider' })
  @ApiQuery({ name: 'error', type: String, required: false, description: 'from the provider, when it refused' })
  @Operation('OidcCallback', 'Come back from the OpenID provider')
  callback(
    @Granted() grant: Grant<'OidcCallback'>,
    @Returned() returned: OidcReturn,
    @Query() _query: Record<string, unknown>,
  ): Promise<LoginResponse> {
    return this.oidc.finish(grant, returned)
  }
}
