import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { components } from '../../clients/typescript/src/index.js'
import type { Problem, Scenario, Team } from '../support/scenario.js'

export type TeamProfile = components['schemas']['TeamProfile']
export type HostExport = components['schemas']['HostExport']
export type ProfileBody = components['schemas']['ProfileBody']

/** A folder of this host, which the bed's engine sees at the same path; it goes with the test file. */
export class HostFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'berth-host-'))

  /** A folder in it. */
  at(name: string): string {
    const path = join(this.path, name)
    mkdirSync(path, { recursive: true, mode: 0o777 })
    return path
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

/** In so many hours. */
export const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString()

export function setProfile(s: Scenario, team: Team, body: ProfileBody): Promise<TeamProfile> {
  return s.admin.ok<TeamProfile>('PUT', `/teams/${team.name}/profile`, body)
}

/** A host folder that the team may mount. */
export function exportFolder(s: Scenario, team: Team, folder: { alias: string; path: string; readOnly?: boolean }): Promise<HostExport> {
  return s.admin.ok<HostExport>('POST', '/host-exports', { ...folder, teams: [team.name] })
}

/** What was denied, by its path. */
export function rules({ violations }: Problem): Record<string, string> {
  return Object.fromEntries((violations ?? []).map(({ path, rule }) => [path, rule]))
}

/** What was wrong, by its pointer. */
export function faults({ errors }: Problem): Record<string, string> {
  return Object.fromEntries((errors ?? []).map(({ pointer, detail }) => [pointer, detail]))
}
