/** Sends random requests as everybody who there is, and says what is wrong with the answers. */
import fc from 'fast-check'
import { httpCall, type HttpAnswer } from '../../../scripts/engine-call.js'
import { ERRORS } from '../../../src/common/errors.js'
import { Actor } from '../../support/actor.js'
import { bed } from '../../support/bed.js'
import { assertDocumented } from '../../support/contract.js'
import { type RandomRequest, type References, requests } from './requests.js'
import type { SweptHost } from './swept-host.js'

const AT_ONCE = 6
/** Then what there is is looked at again, and what is gone is made again. */
const ROUND = 500
/** Nobody, once in so many. */
const ANONYMOUS = 12
/** What waits, or measures for a second: it need not come to its end. */
const SLOW = new Set(['ContainerWait', 'ContainerStats'])
const PATIENCE_MS = 30_000
/** Archives on their way: when what they are made of goes, a cut is all that tells it, since their head is sent. */
const ARCHIVES = new Set(['ImageGet', 'ImageGetAll', 'ContainerArchive', 'ContainerExport'])

interface Sent {
  readonly request: RandomRequest
  readonly actor: Actor
  readonly at: number
}

interface Listed {
  readonly id?: string
  readonly name?: string
  readonly username?: string | null
}

export class Fuzz {
  readonly faults: string[] = []
  /** How often each answer came. */
  readonly answers = new Map<string, number>()
  /** Operations that were asked for, and those that succeeded. */
  readonly asked = new Set<string>()
  readonly done = new Set<string>()
  count = 0

  constructor(
    private readonly host: SweptHost,
    private readonly seed: number,
  ) {}

  /** As many requests, or fewer where ten answers were wrong. */
  async run(wanted: number): Promise<void> {
    for (let round = 0; this.count < wanted && this.faults.length < 10; round++) {
      await this.restore(round)
      await this.round(Math.min(ROUND, wanted - this.count), this.seed + round)
    }
  }

  get summary(): string {
    const top = [...this.answers].toSorted((a, b) => b[1] - a[1]).map(([what, n]) => `${what} ${n}`)
    const never = [...this.asked].filter((id) => !this.done.has(id))
    return `${this.count} requests with seed ${this.seed}: ${top.join(', ')}\nof ${this.asked.size} operations never done: ${never.join(' ')}`
  }

  private async round(wanted: number, seed: number): Promise<void> {
    const { root, teams } = this.host
    const others = Object.values(await this.references(root)).flat()
    const actors = [...teams.map(({ dev }) => dev), root]
    const sampled = new Map<Actor, RandomRequest[]>()
    for (const actor of actors)
      sampled.set(actor, fc.sample(requests(await this.references(actor), others), { numRuns: Math.ceil(wanted / actors.length), seed }))
    const anonymous = new Actor(root.gateway, { username: 'anonymous', accessToken: null })
    const end = this.count + wanted
    const work = async (): Promise<void> => {
      while (this.count < end && this.faults.length < 10) {
        const at = this.count++
        const actor = actors[at % actors.length]!
        const request = sampled.get(actor)!.pop()!
        await this.send({ request, actor: at % ANONYMOUS === 0 ? anonymous : actor, at })
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
  }

  /** What the last round has taken away or changed. */
  private async restore(round: number): Promise<void> {
    const { root, teams } = this.host
    for (const team of teams) {
      await root.http.put(`/teams/${team.name}/profile`).send(team.profile)
      await root.http.put(`/teams/${team.name}/quota`).send({})
      await this.host.furnish(team)
      await team.dev.http.post('/me/tokens').send({ name: `t${round}` })
      await team.dev.http.post('/service-accounts').send({ name: `robot${round}`, team: team.name, role: 'viewer' })
    }
    await root.http.post('/users').send({ username: `nobody${round}`, password: 'a long enough password 1' })
    await root.http.post('/roles').send({ name: `role${round}`, permissions: ['containers.read'] })
    await root.http.post('/teams').send({ name: `spare${round}` })
    // no repository's name is drawn from: what is in it is everybody's
    await root.http.post('/registries').send({ team: teams[0]!.name, name: `registry${round}`, url: `http://${bed().registryHost}` })
  }

  /** What the actor sees; of users only those that nobody needs. */
  private async references(actor: Actor): Promise<References> {
    const found: Record<string, string[]> = {}
    const lists = 'containers images volumes networks jobs registries service-accounts webhooks host-exports roles teams users'.split(' ')
    for (const noun of [...lists, 'me/tokens']) {
      const { body } = (await actor.http.get(`/${noun}?limit=6`)) as { body: { items?: Listed[] } }
      const items = (body.items ?? []).filter(({ username }) => noun !== 'users' || username?.startsWith('nobody'))
      found[noun.replace('me/', '')] = items.flatMap(({ id, name }) => [id, name].filter((each) => each !== undefined))
    }
    return { ...found, me: found['tokens'] ?? [], library: found['images'] ?? [] }
  }

  private async send({ request, actor, at }: Sent): Promise<void> {
    const answer = await this.call({ request, actor, at }).catch((error: unknown) => error as Error)
    const fault = answer instanceof Error ? this.unanswered(request, answer) : this.faultOf(request, answer)
    const { method, path, body } = request
    if (fault) this.faults.push(`${at} ${actor.username}: ${method} ${path} ${body?.slice(0, 400) ?? ''}: ${fault}`)
  }

  private call({ request: { id, method, path, body, type }, actor, at }: Sent): Promise<HttpAnswer> {
    const { hostname, port } = new URL(this.host.gateway.url)
    const bytes = body === undefined ? undefined : Buffer.from(body, /json/.test(type) ? 'utf8' : 'latin1')
    const headers = {
      'x-forwarded-for': `203.0.${(at >> 8) & 255}.${at & 255}`,
      ...(actor.accessToken !== null && { authorization: `Bearer ${actor.accessToken}` }),
      ...(bytes && { 'content-type': type === '*/*' ? 'application/octet-stream' : type, 'content-length': bytes.length }),
    }
    const timeout = SLOW.has(id) ? 500 : PATIENCE_MS
    return httpCall({ host: hostname, port, method, path, headers, timeout }, bytes)
  }

  private unanswered({ id }: RandomRequest, { message }: Error): string | null {
    const waits = SLOW.has(id) && /no answer/.test(message)
    const cut = ARCHIVES.has(id) && message === 'aborted'
    return waits || cut ? null : `no answer: ${message}`
  }

  private faultOf({ id, method, path }: RandomRequest, { status, headers, body: bytes }: HttpAnswer): string | null {
    const contentType = String(headers['content-type'] ?? '')
    const text = bytes.toString('utf8')
    const body = /[/+]json/.test(contentType) && text !== '' ? (JSON.parse(text) as { code?: string }) : text
    const code = typeof body === 'object' ? body.code : undefined
    const what = status >= 400 ? `${status} ${code ?? '-'}` : String(status)
    this.answers.set(what, (this.answers.get(what) ?? 0) + 1)
    this.asked.add(id)
    if (status < 400) this.done.add(id)
    // a registry that can't be reached is somebody else's error
    if (status >= 500 && !/^(registry|pull|search)_/.test(code ?? '')) return text.slice(0, 300)
    // of which there is nothing but the head
    if (method === 'HEAD' && status >= 400) return null
    if (status >= 400 && ERRORS[String(code).toUpperCase() as keyof typeof ERRORS]?.status !== status)
      return `the code ${code} with ${status} is in no catalogue`
    try {
      const requestId = (headers['x-request-id'] as string | undefined) ?? null
      assertDocumented({ method, path, status, contentType, body, requestId })
      return null
    } catch (error) {
      return (error as Error).message.slice(0, 600)
    }
  }
}
