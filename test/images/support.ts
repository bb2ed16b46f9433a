/** What the specs of images share. */
import { bed } from '../support/bed.js'
import { engineJson } from '../support/engine-http.js'
import type { Response } from 'superagent'
import type { Actor } from '../support/actor.js'

export interface Job {
  readonly id: string
  readonly state: string
  readonly subject: Readonly<Record<string, string>>
  readonly steps: readonly {
    readonly id: string
    readonly status: string
    readonly current?: number
    readonly total?: number
    readonly detail?: string
  }[]
  readonly result: Record<string, unknown> | null
  readonly error: { readonly code: string; readonly detail: string; readonly errors?: { pointer: string; detail: string }[] } | null
}

export interface Pulled {
  readonly reference: string
  readonly id: string
  readonly digest: string
}

interface EngineImage {
  readonly Id: string
  readonly RepoTags: string[] | null
  readonly RepoDigests: string[] | null
}

/** Pulls and answers the result; fails when the job does. */
export async function pull(actor: Actor, reference: string, team?: string): Promise<Pulled> {
  const job = await jobOf(actor, (await actor.ok<Job>('POST', '/images/pull', { reference, ...(team && { team }) })).id)
  if (job.state !== 'succeeded') throw new Error(`pull of ${reference}: ${job.state} ${job.error?.detail}`)
  return job.result as unknown as Pulled
}

/** The job at its end. */
export async function jobOf(actor: Actor, id: string): Promise<Job> {
  let job: Job | undefined
  await until(async () => {
    job = await actor.ok<Job>('GET', `/jobs/${id}`)
    return job.state !== 'running'
  })
  return job!
}

/** The id that an image of the bed's registry has on an engine, pulled or not: the digest of its configuration. */
export async function contentOf(reference: string): Promise<string> {
  const [, name, tag] = /^[^/]+\/(.+):([^:]+)$/.exec(reference) ?? []
  const accept = 'application/vnd.docker.distribution.manifest.v2+json'
  const { body } = await bed().registry.call('GET', `/v2/${name}/manifests/${tag}`, undefined, { accept })
  return (JSON.parse(body.toString()) as { config: { digest: string } }).config.digest
}

/** Whether anything of it is on the engine: the content, or a public reference to it. */
export async function isOnEngine(reference: string): Promise<boolean> {
  const id = await contentOf(reference)
  const name = reference.replace(/:[^:/]+$/, '')
  return (await engineImages()).some(
    (image) => image.Id === id || [...(image.RepoTags ?? []), ...(image.RepoDigests ?? [])].some((each) => each.startsWith(name)),
  )
}

/** What the engine has, in its own words. */
export async function engineImages(): Promise<EngineImage[]> {
  const all = await engineJson<EngineImage[]>(bed().socketPath, 'GET', '/images/json?all=true')
  return all.map((image) => ({ ...image, RepoTags: real(image.RepoTags), RepoDigests: real(image.RepoDigests) }))
}

function real(references: string[] | null): string[] {
  return (references ?? []).filter((reference) => !reference.startsWith('<none>'))
}

/** Waits until it is so; fails after the limit (ms). */
export async function until(check: () => unknown, limit = 30_000): Promise<void> {
  const end = performance.now() + limit
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`waited ${limit} ms for: ${check.toString()}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}

/** Sends bytes and answers the job at its end. */
export async function sent(actor: Actor, path: string, body: Buffer, type = 'application/x-tar'): Promise<Job> {
  const answer = await actor.http.post(path).set('content-type', type).send(body)
  if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`)
  return jobOf(actor, (answer.body as Job).id)
}

/** The bytes of an answer. */
export async function bytesOf(actor: Actor, path: string): Promise<Buffer> {
  const answer = await actor.http.get(path).buffer(true).parse(binary)
  if (answer.status >= 300) throw new Error(`GET ${path}: ${answer.status}`)
  return answer.body as Buffer
}

function binary(response: Response, done: (error: Error | null, body: Buffer) => void): void {
  const chunks: Buffer[] = []
  const stream = response as unknown as NodeJS.ReadableStream
  stream
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('end', () => done(null, Buffer.concat(chunks)))
    .on('error', (error: Error) => done(error, Buffer.alloc(0)))
}

/** The steps of a job, by id, with what each says. */
export function stepsOf(job: Job): Record<string, string> {
  return Object.fromEntries(job.steps.map(({ id, status, detail }) => [id, `${status} ${detail ?? ''}`.trim()]))
}
