/** Networks of a scenario's teams, and what their containers reach. */
import { bed } from '../support/bed.js'
import { engineJson } from '../support/engine-http.js'
import type { Scenario, Team } from '../support/scenario.js'
import { unjudged } from '../support/unjudged.js'
import { engineOf } from '../streams/support.js'

export interface Network {
  readonly id: string
  readonly name: string
  readonly team: string
  readonly subnet: string | null
  readonly members: readonly {
    readonly id: string
    readonly name: string
    readonly running: boolean
    readonly aliases: readonly string[]
    readonly ip: string | null
  }[]
}

/** Engine names of a team's networks, whatever the gateway says. */
export async function networksOfEngine(team: Team): Promise<string[]> {
  const all = await engineJson<{ Name: string }[]>(bed().socketPath, 'GET', '/networks')
  return all.map(({ Name }) => Name).filter((name) => name.startsWith(`${team.name}--`))
}

/** Containers first, then the networks that they were on. */
export async function wipe(s: Scenario): Promise<void> {
  type Items = { items: { id: string; team: string }[] }
  for (const { id } of (await s.admin.ok<Items>('GET', '/containers?all=true')).items)
    await s.admin.http.delete(`/containers/${id}?force=true`)
  for (const { id } of (await s.admin.ok<Items>('GET', '/networks')).items) await s.admin.http.delete(`/networks/${id}`)
}

/** Runs a command in a container and answers its output and exit code; past the edges, since this is how they are checked. */
export async function run(s: Scenario, container: string, ...command: string[]): Promise<{ code: number; output: string }> {
  const { exec } = engineOf(s)
  const { Id } = await exec.create(container, unjudged({ Cmd: command, AttachStdout: true, AttachStderr: true, Tty: true }))
  const session = await exec.start(Id, { tty: true })
  let output = ''
  for await (const { bytes } of session.output) output += Buffer.from(bytes).toString()
  return { code: (await exec.inspect(Id)).ExitCode ?? -1, output }
}
