/** Builders: `runContainer(ann, withName('web'), withCmd('sleep', '60'))`. */
import type { Actor } from './actor.js'
import { BASE_IMAGE } from './bed.js'

/** The body of a creation and its query, as far as tests say something about them. */
interface Draft {
  spec: Record<string, unknown>
  start: boolean
}
export type With = (draft: Draft) => void

/** A container that was made, as its creator sees it. */
export interface Made {
  readonly id: string
  readonly name: string
}

const spec =
  (fields: Record<string, unknown>): With =>
  (draft) =>
    void Object.assign(draft.spec, fields)

export const withName = (name: string): With => spec({ name })
export const withCmd = (...command: string[]): With => spec({ command })
export const withImage = (image: string): With => spec({ image })
export const withTty = (): With => spec({ tty: true })
export const withOpenStdin = (): With => spec({ openStdin: true })
export const withEnv = (env: Record<string, string>): With => spec({ env: Object.entries(env).map(([name, value]) => `${name}=${value}`) })
export const withTeam = (team: string): With => spec({ team })
/** One more published port; a free one of the host unless it is named. */
export const withPort =
  (container: number, host?: number): With =>
  (draft) => {
    const ports = (draft.spec['ports'] ??= []) as object[]
    ports.push({ container, ...(host !== undefined && { host }) })
  }
/** Any field of the body. */
export const withSpec = spec
/** Created only. */
export const withoutStart = (): With => (draft) => void (draft.start = false)

/** Creates and starts a container of the base image that sleeps, unless told otherwise. */
export async function runContainer(actor: Actor, ...options: With[]): Promise<Made> {
  const draft: Draft = { spec: { image: BASE_IMAGE, command: ['sleep', '3600'] }, start: true }
  for (const option of options) option(draft)
  return actor.ok<Made>('POST', `/containers${draft.start ? '?start=true' : ''}`, draft.spec)
}
