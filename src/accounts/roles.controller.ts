import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { PageQuery } from '../common/page.dto.js'
import { PermissionPage, RoleCreateRequest, RolePage, RoleResponse, RoleUpdateRequest } from './dto/roles.dto.js'
import { RolesService } from './roles.service.js'

@ApiTags('roles')
@Controller()
export class RolesController {
  constructor(private readonly roles: RolesService) {}

  /** All roles with their permissions: the built-in ones, and those that were made. */
  @Get('roles')
  @Operation('RoleList', 'List roles')
  list(@Granted() grant: Grant<'RoleList'>, @Query() query: PageQuery): Promise<RolePage> {
    return this.roles.list(grant, query)
  }

  /** Nobody makes a role that holds what they lack. */
  @Post('roles')
  @Operation('RoleCreate', 'Create a role')
  create(@Granted() grant: Grant<'RoleCreate'>, @Body() body: RoleCreateRequest): Promise<RoleResponse> {
    return this.roles.create(grant, body)
  }

  @Get('roles/:name')
  @Operation('RoleInspect', 'Inspect a role')
  inspect(@Granted() grant: Grant<'RoleInspect'>, @Param('name') name: string): Promise<RoleResponse> {
    return this.roles.inspect(grant, name)
  }

  /** Takes effect at once for everybody who has the role: on requests within a second, and on open streams. */
  @Patch('roles/:name')
  @Operation('RoleUpdate', 'Change a role')
  update(@Granted() grant: Grant<'RoleUpdate'>, @Param('name') name: string, @Body() body: RoleUpdateRequest): Promise<RoleResponse> {
    return this.roles.update(grant, name, body)
  }

  /** Only a role that nobody has. */
  @Delete('roles/:name')
  @HttpCode(204)
  @Operation('RoleDelete', 'Delete a role')
  delete(@Granted() grant: Grant<'RoleDelete'>, @Param('name') name: string): Promise<void> {
    return this.roles.delete(grant, name)
  }

  /** Every permission, with the operations that need it. */
  @Get('permissions')
  @Operation('PermissionList', 'List permissions')
  permissions(@Granted() grant: Grant<'PermissionList'>, @Query() query: PageQuery): PermissionPage {
    return this.roles.permissions(grant, query)
  }
}
