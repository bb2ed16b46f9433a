import { Body, Controller, Get, Put } from '@nestjs/common'
import { ApiParam, ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { IfMatch, Tagged, TakesIfMatch } from '../http/etag.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { ProfileBody, TeamProfile } from './dto/profile.dto.js'
import { Profiles } from './profiles.service.js'

/** What a team may make. */
@ApiTags('policy')
@Controller('teams/:team/profile')
export class ProfilesController {
  constructor(private readonly profiles: Profiles) {}

  @Get()
  @Tagged()
  @ApiParam({ name: 'team', type: String })
  @Operation('ProfileInspect', 'What a team may make')
  inspect(@Granted() grant: Grant<'ProfileInspect'>): Promise<TeamProfile> {
    return this.profiles.inspect(grant)
  }

  /** Counts from the next creation on. */
  @Put()
  @Tagged()
  @TakesIfMatch()
  @ApiParam({ name: 'team', type: String })
  @Operation('ProfilePut', 'Decide what a team may make')
  put(@Granted() grant: Grant<'ProfilePut'>, @Body() body: ProfileBody, @IfMatch() ifMatch: string | undefined): Promise<TeamProfile> {
    return this.profiles.put(grant, body, ifMatch)
  }
}
