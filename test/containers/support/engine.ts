/** Looks behind the gateway, and makes what is made beside it. */
import { randomBytes } from 'node:crypto'
import { OwnershipStore } from '../../../src/store/ownership.store.js'
import { bed } from '../../support/bed.js'
import { engineCall, engineJson } from '../../support/engine-http.js'
import { BASE_IMAGE, type Scenario, type Team } from '../../support/scenario.js'

export interface Inspected {
  readonly Id: string
  readonly Name: string
  readonly Image: string
  readonly Config: { readonly Image: string; readonly Labels: Record<string, string>; readonly Env: string[] }
  readonly HostConfig: Record<string, unknown>
  readonly Mounts: readonly { readonly Type: string; readonly Name: string; readonly Destination: string }[]
}

export function inspect(id: string): Promise<Inspected> {
  return engineJson<Inspected>(bed().socketPath, 'GET', `/containers/${id}/json`)
}

/** Names of the containers that the engine has of a team, whatever the gateway says. */
export async function containersOf(team: Team): Promise<string[]> {
  const all = await engineJson<{ Names: string[] }[]>(bed().socketPath, 'GET', '/containers/json?all=true')
  return all.flatMap(({ Names }) => Names).filter((name) => name.startsWith(`/${team.name}--`))
}

/** Sorted: the engine tells them in any order. */
export async function volumeNames(): Promise<string[]> {
  const { Volumes } = await engineJson<{ Volumes: { Name: string }[] | null }>(bed().socketPath, 'GET', '/volumes')
  return (Volumes ?? []).map(({ Name }) => Name).sort()
}

/** A container beside the gateway; it goes with the scenario. */
export async function runBeside(s: Scenario, spec: object = {}): Promise<{ id: string; name: string }> {
  const name = `beside-${randomBytes(4).toString('hex')}`
  const body = { Image: BASE_IMAGE, Cmd: ['sleep', '300'], ...spec }
  const { Id: id } = await engineJson<{ Id: string }>(bed().socketPath, 'POST', `/containers/create?name=${name}`, body)
  s.forget('containers', id)
  await engineJson(bed().socketPath, 'POST', `/containers/${id}/start`)
  return { id, name }
}

/** The base image with another configuration, as a reference of the team; removed with the scenario. */
export async function imageWith(s: Scenario, team: Team, config: object): Promise<string> {
  const socket = bed().socketPath
  const name = `berth.test.local/x${randomBytes(4).toString('hex')}`
  const { Id } = await engineJson<{ Id: string }>(socket, 'POST', '/containers/create', { Image: BASE_IMAGE, Cmd: ['true'] })
  const repo = encodeURIComponent(name)
  const made = await engineJson<{ Id: string }>(socket, 'POST', `/commit?container=${Id}&repo=${repo}&tag=1`, {
    Cmd: ['sleep', '300'],
    ...config,
  })
  await engineCall(socket, 'DELETE', `/containers/${Id}?force=true`)
  s.forget('images', made.Id)
  await s.seedImage(team, `${name}:1`, `${name}:1`)
  return `${name}:1`
}

/** Waits until it is so; fails after the limit (ms). */
export async function until(what: string, check: () => unknown, limit = 10_000): Promise<void> {
  const end = performance.now() + limit
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`waited ${limit} ms for: ${what}`)
    await new Promise((done) => setTimeout(done, 25))
  }
}

/** Ids of the containers and volumes on the engine that this gateway has once claimed, whatever became of their rows: other tests use the engine too. */
export async function claimedBy(s: Scenario): Promise<ReadonlySet<string>> {
  const { socketPath } = bed()
  const { Volumes } = await engineJson<{ Volumes: { Name: string; Labels: Record<string, string> | null }[] | null }>(
    socketPath,
    'GET',
    '/volumes',
  )
  const containers = await engineJson<{ Id: string; Labels: Record<string, string> }[]>(socketPath, 'GET', '/containers/json?all=true')
  const all = [...(Volumes ?? []).map(({ Name, Labels }) => ({ Id: Name, Labels })), ...containers]
  const store = s.gateway.app.get(OwnershipStore, { strict: false })
  const rows = await Promise.all(all.map(({ Labels }) => store.byUid(Labels?.['berth.uid'] ?? '')))
  return new Set(all.filter((_, at) => rows[at] !== null).map(({ Id }) => Id))
}
