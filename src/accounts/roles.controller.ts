import { Controller, Get, Param, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { PageQuery } from '../common/page.dto.js'
import { PermissionPage, RolePage, RoleResponse } from './dto/roles.dto.js'
import { RolesService } from './roles.service.js'

@ApiTags('roles')
@Controller()
export class RolesController {
  constructor(private readonly roles: RolesService) {}

  /** The built-in roles with their permissions. */
  @Get('roles')
  @Operation('RoleList', 'List roles')
  list(@Granted() grant: Grant<'RoleList'>, @Query() query: PageQuery): RolePage {
    return this.roles.list(grant, query)
  }

  @Get('roles/:name')
  @Operation('RoleInspect', 'Inspect a role')
  inspect(@Granted() grant: Grant<'RoleInspect'>, @Param('name') name: string): RoleResponse {
    return this.roles.inspect(grant, name)
  }

  /** Every permission, with the operations that need it. */
  @Get('permissions')
  @Operation('PermissionList', 'List permissions')
  permissions(@Granted() grant: Grant<'PermissionList'>, @Query() query: PageQuery): PermissionPage {
    return this.roles.permissions(grant, query)
  }
}
