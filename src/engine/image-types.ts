import type { ContainerConfig, EngineTime } from './types.js'

/* What the engine tells of images, in its own spelling, only the fields that we read. */

/** One row of `GET /images/json`. */
export interface ImageSummary {
  readonly Id: string
  readonly ParentId: string
  readonly RepoTags: readonly string[] | null
  readonly RepoDigests: readonly string[] | null
  /** Unix seconds. */
  readonly Created: number
  readonly Size: number
  readonly Labels: Readonly<Record<string, string>> | null
}

export interface ImageInspect {
  readonly Id: string
  readonly Parent?: string
  readonly RepoTags: readonly string[] | null
  readonly RepoDigests: readonly string[] | null
  readonly Created?: EngineTime
  readonly Size: number
  readonly Architecture: string
  readonly Os: string
  readonly Author?: string
  readonly Config?: ContainerConfig | null
  readonly RootFS: { readonly Type: string; readonly Layers?: readonly string[] | null }
}

export interface ImageHistoryItem {
  readonly Id: string
  readonly Created: number
  readonly CreatedBy: string
  readonly Tags: readonly string[] | null
  readonly Size: number
  readonly Comment: string
}

export interface ImageRemoved {
  readonly Untagged?: string
  readonly Deleted?: string
}

/** `GET /distribution/{name}/json`: what the registry says about a reference. */
export interface DistributionInspect {
  readonly Descriptor: { readonly mediaType?: string; readonly digest: string; readonly size?: number }
  /** Null where the registry has no configuration of the image, or lies about it. */
  readonly Platforms: readonly { readonly architecture: string; readonly os: string; readonly variant?: string }[] | null
}

/** One row of `GET /images/search`. */
export interface ImageSearchItem {
  readonly name: string
  readonly description?: string
  readonly star_count?: number
  readonly is_official?: boolean
  readonly is_automated?: boolean
}

/** What a push or a build tells at its end. */
export interface ProgressResult {
  /** Of a push: the manifest's digest. */
  readonly Digest?: string
  /** Of a build: `sha256:…` of the image. */
  readonly ID?: string
}

/** One line of the progress of a pull, push, import, load or build. */
export interface ProgressEvent {
  /** `Pulling fs layer`, `Downloading`, `Pull complete`, `Digest: sha256:…`; empty where the line is something else. */
  readonly status: string
  /** What a build or a load prints. */
  readonly stream?: string
  readonly aux?: ProgressResult
  /** The layer's short digest, or the tag in the first line. */
  readonly id?: string
  readonly current?: number
  readonly total?: number
}
