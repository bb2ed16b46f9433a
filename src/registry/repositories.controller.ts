import { Controller, Delete, Get, Param, Query } from '@nestjs/common'
import { ApiTags } from '@nestjs/swagger'
import type { Grant } from '../access/index.js'
import { DryRunBy } from '../http/dry-run.js'
import { Granted, Operation } from '../http/operation.decorator.js'
import {
  ListRepositoriesQuery,
  ListTagsQuery,
  Manifest,
  ManifestDeletion,
  RepositoryPage,
  RepositoryTagPage,
} from './dto/repository.dto.js'
import { Repositories } from './repositories.service.js'

/** What is in a registry. `{name}` is percent-encoded: `team%2Fapp`. */
@ApiTags('registries')
@Controller('registries/:id/repositories')
export class RepositoriesController {
  constructor(private readonly repositories: Repositories) {}

  @Get()
  @Operation('RepositoryList', 'Repositories of a registry')
  list(
    @Granted() grant: Grant<'RepositoryList'>,
    @Param('id') _id: string,
    @Query() query: ListRepositoriesQuery,
  ): Promise<RepositoryPage> {
    return this.repositories.list(grant, query)
  }

  @Get(':name/tags')
  @Operation('RepositoryTags', 'Tags of a repository')
  tags(
    @Granted() grant: Grant<'RepositoryTags'>,
    @Param('id') _id: string,
    @Param('name') name: string,
    @Query() query: ListTagsQuery,
  ): Promise<RepositoryTagPage> {
    return this.repositories.tags(grant, name, query)
  }

  @Get(':name/manifests/:reference')
  @Operation('ManifestInspect', 'What a tag or digest stands for')
  manifest(
    @Granted() grant: Grant<'ManifestInspect'>,
    @Param('id') _id: string,
    @Param('name') name: string,
    @Param('reference') reference: string,
  ): Promise<Manifest> {
    return this.repositories.manifest(grant, name, reference)
  }

  @Delete(':name/manifests/:reference')
  @DryRunBy('tryRemove')
  @Operation('ManifestDelete', 'Delete a manifest from a registry, with every tag on it')
  remove(
    @Granted() grant: Grant<'ManifestDelete'>,
    @Param('id') _id: string,
    @Param('name') name: string,
    @Param('reference') reference: string,
  ): Promise<ManifestDeletion> {
    return this.repositories.remove(grant, name, reference)
  }

  tryRemove(grant: Grant<'ManifestDelete'>, _id: string, name: string, reference: string): Promise<void> {
    return this.repositories.tryRemove(grant, name, reference)
  }
}
