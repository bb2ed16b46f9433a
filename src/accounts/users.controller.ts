import { Body, Controller, Delete, Get, HttpCode, Patch, Post, Query } from '@nestjs/common'
import { ApiParam, ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { TotpResetService } from './totp-reset.service.js'
import { UserCreateRequest, UserListQuery, UserPage, UserResponse, UserUpdateRequest } from './dto/users.dto.js'
import { UsersService } from './users.service.js'

@ApiTags('users')
@Controller('users')
export class UsersController {
  constructor(
    private readonly users: UsersService,
    private readonly totp: TotpResetService,
  ) {}

  /** All users. */
  @Get()
  @Operation('UserList', 'List users')
  list(@Granted() grant: Grant<'UserList'>, @Query() query: UserListQuery): Promise<UserPage> {
    return this.users.list(grant, query)
  }

  /** A new user, who is in no team yet. */
  @Post()
  @Operation('UserCreate', 'Create a user')
  create(@Granted() grant: Grant<'UserCreate'>, @Body() body: UserCreateRequest): Promise<UserResponse> {
    return this.users.create(grant, body)
  }

  /** One user, by id or user name. */
  @Get(':id')
  @ApiParam({ name: 'id', type: String })
  @Operation('UserInspect', 'Inspect a user')
  inspect(@Granted() grant: Grant<'UserInspect'>): Promise<UserResponse> {
    return this.users.inspect(grant)
  }

  /** Takes effect at once: on requests within a second, and on open streams. */
  @Patch(':id')
  @ApiParam({ name: 'id', type: String })
  @Operation('UserUpdate', 'Change a user')
  update(@Granted() grant: Grant<'UserUpdate'>, @Body() body: UserUpdateRequest): Promise<UserResponse> {
    return this.users.update(grant, body)
  }

  /** Ends the user's sessions, tokens and memberships; what they made stays with its team. */
  @Delete(':id')
  @HttpCode(204)
  @ApiParam({ name: 'id', type: String })
  @Operation('UserDelete', 'Delete a user')
  delete(@Granted() grant: Grant<'UserDelete'>): Promise<void> {
    return this.users.delete(grant)
  }

  /** Takes the second factor away, for who lost it. Ends all sessions of the user. */
  @Delete(':id/totp')
  @HttpCode(204)
  @ApiParam({ name: 'id', type: String })
  @Operation('UserTotpDelete', "Reset a user's second factor")
  deleteTotp(@Granted() grant: Grant<'UserTotpDelete'>): Promise<void> {
    return this.totp.reset(grant)
  }
}
