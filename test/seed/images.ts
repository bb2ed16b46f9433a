/** What the course's rows about images share. */
import { type Actor } from '../support/actor.js'

/** An ended job. */
export interface Ended {
  readonly id: string
  readonly state: string
  readonly steps: readonly {
    readonly id: string
    readonly status: string
    readonly current?: number
    readonly total?: number
    readonly detail?: string
  }[]
  readonly result: Readonly<Record<string, unknown>>
  readonly error: { readonly code: string; readonly detail: string; readonly hint: string } | null
}

export interface Listed {
  readonly id: string
  readonly references: string[]
  readonly digests: string[]
  readonly size: number
}

/** Starts a job and waits for its end, as `Prefer: wait` does. */
export async function ended(actor: Actor, path: string, body: object): Promise<Ended> {
  const answer = await actor.http.post(path).set('prefer', 'wait=60').send(body)
  if (answer.status !== 200) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`)
  return answer.body as Ended
}

/** The same for a job that must succeed. */
export async function done(actor: Actor, path: string, body: object): Promise<Ended> {
  const job = await ended(actor, path, body)
  if (job.state !== 'succeeded') throw new Error(`POST ${path}: ${job.state} ${job.error?.detail}`)
  return job
}

/** Runs a command in a new container, and answers what it prints. */
export async function output(actor: Actor, image: string, ...command: string[]): Promise<string> {
  const { id } = await actor.ok<{ id: string }>('POST', '/containers?start=true', { image, command })
  await actor.ok('POST', `/containers/${id}/wait`)
  const { text } = await actor.http.get(`/containers/${id}/logs`)
  await actor.ok('DELETE', `/containers/${id}`)
  return text
}

/** Installs the course's tool (there it is vim) in a container of the image, and leaves the container. */
export async function installed(actor: Actor, image: string, name: string): Promise<string> {
  const script = `printf '#!/bin/sh\\necho VIM - Vi IMproved 8.1\\n' > /usr/bin/vim && chmod +x /usr/bin/vim`
  const { id } = await actor.ok<{ id: string }>('POST', '/containers?start=true', { name, image, command: ['sh', '-c', script] })
  const { exitCode } = await actor.ok<{ exitCode: number }>('POST', `/containers/${id}/wait`)
  if (exitCode !== 0) throw new Error(`the tool was not installed: ${exitCode}`)
  return id
}
