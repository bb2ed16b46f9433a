import { Body, Controller, HttpCode, Post } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { AuthService } from './auth.service.js'
import { LoginRequest, LoginResponse, RefreshRequest } from './dto/auth.dto.js'
import { UserAgent } from './user-agent.js'

@ApiTags('auth')
@Controller('auth')
export class AuthController {
  constructor(private readonly auth: AuthService) {}

  /** Opens a session. Too many failures are answered 429 with Retry-After, whether the password was right or not. */
  @Post('login')
  @HttpCode(200)
  @Operation('AuthLogin', 'Log in')
  login(
    @Granted() grant: Grant<'AuthLogin'>,
    @Body() body: LoginRequest,
    @UserAgent() userAgent: string | undefined,
  ): Promise<LoginResponse> {
    return this.auth.login(grant, body, userAgent)
  }

  /** New tokens for the session. A refresh token that was used before ends the session. */
  @Post('refresh')
  @HttpCode(200)
  @Operation('AuthRefresh', 'Refresh a session')
  refresh(@Granted() grant: Grant<'AuthRefresh'>, @Body() body: RefreshRequest): Promise<LoginResponse> {
    return this.auth.refresh(grant, body)
  }

  /** Ends the session of this access token, and with it all its tokens and open streams. */
  @Post('logout')
  @HttpCode(204)
  @Operation('AuthLogout', 'Log out')
  logout(@Granted() grant: Grant<'AuthLogout'>): Promise<void> {
    return this.auth.logout(grant)
  }
}
