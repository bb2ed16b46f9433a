import type { Migration } from 'kysely/migration'
import * as spine from './0001-spine.js'

/** All migrations in order; a list in code, since a bundle or an image has no folder to scan. */
export const MIGRATIONS: Record<string, Migration> = { '0001-spine': spine }
