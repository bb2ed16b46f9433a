import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common'
import { ApiParam, ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import { PageQuery } from '../common/page.dto.js'
import {
  MemberPage,
  MemberRequest,
  MemberResponse,
  TeamCreateRequest,
  TeamListQuery,
  TeamPage,
  TeamResponse,
  TeamUpdateRequest,
} from './dto/teams.dto.js'
import { MembersService } from './members.service.js'
import { TeamsService } from './teams.service.js'

@ApiTags('teams')
@Controller('teams')
export class TeamsController {
  constructor(
    private readonly teams: TeamsService,
    private readonly members: MembersService,
  ) {}

  /** The caller's teams; all of them for administrators and auditors. */
  @Get()
  @Operation('TeamList', 'List teams')
  list(@Granted() grant: Grant<'TeamList'>, @Query() query: TeamListQuery): Promise<TeamPage> {
    return this.teams.list(grant, query)
  }

  /** A new team without members. */
  @Post()
  @Operation('TeamCreate', 'Create a team')
  create(@Granted() grant: Grant<'TeamCreate'>, @Body() body: TeamCreateRequest): Promise<TeamResponse> {
    return this.teams.create(grant, body)
  }

  @Get(':team')
  @ApiParam({ name: 'team', type: String })
  @Operation('TeamInspect', 'Inspect a team')
  inspect(@Granted() grant: Grant<'TeamInspect'>): Promise<TeamResponse> {
    return this.teams.inspect(grant)
  }

  /** Changes what people read; the name stays. */
  @Patch(':team')
  @ApiParam({ name: 'team', type: String })
  @Operation('TeamUpdate', 'Change a team')
  update(@Granted() grant: Grant<'TeamUpdate'>, @Body() body: TeamUpdateRequest): Promise<TeamResponse> {
    return this.teams.update(grant, body)
  }

  /** Only a team that owns nothing any more. Its name is never used again. */
  @Delete(':team')
  @HttpCode(204)
  @ApiParam({ name: 'team', type: String })
  @Operation('TeamDelete', 'Delete a team')
  delete(@Granted() grant: Grant<'TeamDelete'>): Promise<void> {
    return this.teams.delete(grant)
  }

  @Get(':team/members')
  @ApiParam({ name: 'team', type: String })
  @Operation('MemberList', 'List the members of a team')
  listMembers(@Granted() grant: Grant<'MemberList'>, @Query() query: PageQuery): Promise<MemberPage> {
    return this.members.list(grant, query)
  }

  /** Makes the user a member, or changes their role. Takes effect at once. */
  @Put(':team/members/:user')
  @ApiParam({ name: 'team', type: String })
  @Operation('MemberPut', 'Give a user a role in a team')
  putMember(@Granted() grant: Grant<'MemberPut'>, @Param('user') user: string, @Body() body: MemberRequest): Promise<MemberResponse> {
    return this.members.put(grant, user, body)
  }

  @Delete(':team/members/:user')
  @HttpCode(204)
  @ApiParam({ name: 'team', type: String })
  @Operation('MemberDelete', 'Take a user out of a team')
  deleteMember(@Granted() grant: Grant<'MemberDelete'>, @Param('user') user: string): Promise<void> {
    return this.members.delete(grant, user)
  }
}
