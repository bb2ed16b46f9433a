import type { AppError } from './errors.js'

/** A repository in one of a team's registries whose name has the term in it. */
export interface FoundRepository {
  /** As the team calls the registry. */
  readonly registry: string
  /** `registry.example:5000` */
  readonly address: string
  /** `team/app` */
  readonly repository: string
  /** How image references begin that mean it: `registry.example:5000/team/app`. */
  readonly reference: string
}

/** What a search came to; a registry that could not be searched spoils nothing of the others. */
export interface CatalogSearch {
  /** How many registries answered. */
  readonly searched: number
  readonly found: readonly FoundRepository[]
  readonly failed: readonly { readonly registry: string; readonly error: AppError }[]
}

/** The port through which images are searched in the registries of a team; the registry module provides it. */
export abstract class RegistryCatalog {
  /** Repositories of all registries of the team but Docker Hub, which has no catalog; by reference, at most `limit`. */
  abstract search(teamId: string, term: string, limit: number): Promise<CatalogSearch>
}
