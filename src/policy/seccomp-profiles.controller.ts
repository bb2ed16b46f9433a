import { Body, Controller, Delete, Get, HttpCode, Param, Put, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { SeccompProfile, SeccompProfileBody, SeccompProfileListQuery, SeccompProfilePage } from './dto/seccomp-profile.dto.js'
import { SeccompProfiles } from './seccomp-profiles.service.js'

/** Filters of system calls that teams may run containers under, by name. */
@ApiTags('policy')
@Controller('seccomp-profiles')
export class SeccompProfilesController {
  constructor(private readonly profiles: SeccompProfiles) {}

  @Get()
  @Operation('SeccompProfileList', 'Seccomp profiles that were named')
  list(@Granted() grant: Grant<'SeccompProfileList'>, @Query() query: SeccompProfileListQuery): Promise<SeccompProfilePage> {
    return this.profiles.list(grant, query)
  }

  @Get(':name')
  @Operation('SeccompProfileInspect', 'A seccomp profile with its rules')
  inspect(@Granted() grant: Grant<'SeccompProfileInspect'>, @Param('name') name: string): Promise<SeccompProfile> {
    return this.profiles.inspect(grant, name)
  }

  /** Teams use it by name once their profile grants `seccomp=<name>`. A change counts from the next creation on. */
  @Put(':name')
  @Operation('SeccompProfilePut', 'Name a seccomp profile, or change it')
  put(
    @Granted() grant: Grant<'SeccompProfilePut'>,
    @Param('name') name: string,
    @Body() body: SeccompProfileBody,
  ): Promise<SeccompProfile> {
    return this.profiles.put(grant, name, body)
  }

  /** Nobody can use it any more. Containers that have it keep it until they are removed. */
  @Delete(':name')
  @HttpCode(204)
  @Operation('SeccompProfileDelete', 'Take a seccomp profile away')
  remove(@Granted() grant: Grant<'SeccompProfileDelete'>, @Param('name') name: string): Promise<void> {
    return this.profiles.remove(grant, name)
  }
}
