import { Injectable } from '@nestjs/common'
import { type Grant, scopeOf } from '../access/index.js'
import { pageOf } from '../common/paging.js'
import { type ContainerConfig, Engine, type ImageInspect, Inventory } from '../engine/index.js'
import { ImageReferenceStore, LIBRARY } from '../store/image-references.store.js'
import type { ImageReferenceRow } from '../store/schema.js'
import type { ListImagesQuery } from './dto/image.query.js'
import type { ImageConfig, ImageDetails, ImageHistory, ImagePage } from './dto/image.response.js'
import { filtered, orderOf } from './image-filter.js'
import { digests, heldImages, ownLabels, references, summary } from './image-view.js'
import { maskValues } from './mask.js'

type ImageGrant = Grant<'ImageInspect'> | Grant<'ImageHistory'> | Grant<'ImageLayers'>

/** What teams can read of their images. */
@Injectable()
export class ImageCatalog {
  constructor(
    private readonly store: ImageReferenceStore,
    private readonly engine: Engine,
    private readonly inventory: Inventory,
  ) {}

  /** The teams' own images and the library's; costs the engine nothing. */
  async list(grant: Grant<'ImageList'>, query: ListImagesQuery): Promise<ImagePage> {
    const teams = scopeOf(grant)
    const rows = teams.size === 0 ? [] : await this.store.inTeams({ teamIds: [...teams.keys(), LIBRARY] })
    const images = heldImages(rows, (teamId) => teams.get(teamId)?.name ?? '').map((image) =>
      summary(image, this.inventory.images.get(image.contentId)),
    )
    // a content that the engine lost is no image; while it is not known what the engine has, all are shown
    const present = images.filter((image) => image.createdAt !== null || this.inventory.stale)
    return pageOf(filtered(present, query), orderOf(query.sort), query)
  }

  /** @throws AppError NOT_FOUND when the engine lost the content */
  async inspect(grant: Grant<'ImageInspect'>): Promise<ImageDetails> {
    const { team, contentId, library } = grant.target
    const [image, rows] = await Promise.all([this.engine.images.inspect(contentId), this.rows(grant)])
    return {
      id: image.Id,
      references: references(rows),
      digests: digests(rows),
      team: team.name,
      library,
      createdAt: creation(image),
      size: image.Size,
      architecture: image.Architecture,
      os: image.Os,
      author: image.Author ?? '',
      config: configOf(image.Config ?? {}, readsValues(grant)),
      layers: [...(image.RootFS.Layers ?? [])],
    }
  }

  /** Newest step first. @throws AppError NOT_FOUND when the engine lost the content */
  async history(grant: Grant<'ImageHistory'>): Promise<ImageHistory> {
    const { team, contentId } = grant.target
    const [steps, rows] = await Promise.all([this.engine.images.history(contentId), this.store.inTeams({ teamIds: [team.id, LIBRARY] })])
    const reads = readsValues(grant)
    // ids and tags of the engine may be another team's: only what this team has is named
    const items = steps.map((step) => {
      const own = rows.filter((row) => row.content_id === step.Id)
      return {
        id: own.length > 0 ? step.Id : '<missing>',
        createdAt: step.Created > 0 ? new Date(step.Created * 1_000).toISOString() : null,
        createdBy: reads ? step.CreatedBy : maskValues(step.CreatedBy),
        size: step.Size,
        comment: step.Comment,
        tags: references(own),
      }
    })
    return { items }
  }

  private rows(grant: ImageGrant): Promise<ImageReferenceRow[]> {
    const { team, contentId } = grant.target
    return this.store.byContent(contentId, { teamIds: [team.id] })
  }
}

/** Values of the environment are for those who may read them in the image's team; the library's, in any of theirs. */
export function readsValues(grant: ImageGrant): boolean {
  const { team, library } = grant.target
  if (!library) return grant.holds('containers.env', team)
  return (
    grant.holds('containers.env', null) ||
    [...grant.principal.memberships.values()].some((membership) => grant.holds('containers.env', membership.team))
  )
}

function creation({ Created }: ImageInspect): string | null {
  const time = new Date(Created ?? NaN)
  return Number.isNaN(time.getTime()) || time.getUTCFullYear() < 1970 ? null : time.toISOString()
}

function configOf(config: ContainerConfig, reads: boolean): ImageConfig {
  return {
    cmd: [...(config.Cmd ?? [])],
    entrypoint: [...(config.Entrypoint ?? [])],
    env: (config.Env ?? []).map((text) => variable(text, reads)),
    exposedPorts: Object.keys(config.ExposedPorts ?? {}).sort(),
    volumes: Object.keys(config.Volumes ?? {}).sort(),
    user: config.User ?? '',
    workingDir: config.WorkingDir ?? '',
    labels: ownLabels(config.Labels),
  }
}

function variable(text: string, reads: boolean): { name: string; value: string | null } {
  const at = text.indexOf('=')
  const name = at < 0 ? text : text.slice(0, at)
  return { name, value: reads ? (at < 0 ? '' : text.slice(at + 1)) : null }
}
