import { Injectable } from '@nestjs/common'
import type { Grant } from '../access/index.js'
import { grantedOf, seccompGrant } from '../admission/index.js'
import { nowIso } from '../common/clock.js'
import { AppError } from '../common/errors.js'
import { pageOf } from '../common/paging.js'
import type { SeccompProfileRow, TeamRow } from '../store/schema.js'
import { SeccompProfileStore } from '../store/seccomp-profiles.store.js'
import { TeamStore } from '../store/teams.store.js'
import {
  SECCOMP_NAME,
  type SeccompProfile,
  type SeccompProfileBody,
  type SeccompProfileListQuery,
  type SeccompProfilePage,
  type SeccompProfileSummary,
} from './dto/seccomp-profile.dto.js'

/** Ten times the engine's own. It goes into every container's configuration. */
const MAX_BYTES = 131_072

/** Filters of system calls that administrators name. */
@Injectable()
export class SeccompProfiles {
  constructor(
    private readonly store: SeccompProfileStore,
    private readonly teams: TeamStore,
  ) {}

  async list(_grant: Grant<'SeccompProfileList'>, query: SeccompProfileListQuery): Promise<SeccompProfilePage> {
    const [rows, teams] = await Promise.all([this.store.all(), this.teams.all()])
    return pageOf(
      rows.map((row) => summary(row, teams)),
      { key: ({ name }) => name },
      query,
    )
  }

  /** @throws AppError NOT_FOUND */
  async inspect(_grant: Grant<'SeccompProfileInspect'>, name: string): Promise<SeccompProfile> {
    const [row, teams] = await Promise.all([SECCOMP_NAME.test(name) ? this.store.find(name) : undefined, this.teams.all()])
    if (!row) throw new AppError('NOT_FOUND')
    return view(row, teams)
  }

  /** @throws AppError INVALID_REQUEST */
  async put(_grant: Grant<'SeccompProfilePut'>, name: string, body: SeccompProfileBody): Promise<SeccompProfile> {
    if (!SECCOMP_NAME.test(name)) throw wrong('/name', 'must be a-z, 0-9 and hyphens (63 at most), and neither unconfined nor builtin')
    if (body.architectures && body.archMap) throw wrong('/archMap', 'goes in the place of architectures, not beside it')
    // built from what was checked: nothing of the client's is passed through
    const content = JSON.stringify(body)
    if (Buffer.byteLength(content) > MAX_BYTES) throw wrong('', `must be ${MAX_BYTES} bytes at most`)
    return view(await this.store.put(name, content, nowIso()), await this.teams.all())
  }

  /** @throws AppError NOT_FOUND */
  async remove(_grant: Grant<'SeccompProfileDelete'>, name: string): Promise<void> {
    if (!SECCOMP_NAME.test(name) || !(await this.store.delete(name))) throw new AppError('NOT_FOUND')
  }
}

function wrong(pointer: string, detail: string): AppError {
  return new AppError('INVALID_REQUEST', { reason: 'some fields are wrong', errors: [{ pointer, detail }] })
}

function summary(
  { name, created_at: createdAt, updated_at: updatedAt }: SeccompProfileRow,
  teams: readonly TeamRow[],
): SeccompProfileSummary {
  const users = teams.filter((team) => grantedOf(team).securityOptions.some((option) => seccompGrant(option) === name))
  return { name, teams: users.map((team) => team.name).sort(), createdAt, updatedAt }
}

function view(row: SeccompProfileRow, teams: readonly TeamRow[]): SeccompProfile {
  return Object.assign(summary(row, teams), { profile: JSON.parse(row.content) as SeccompProfileBody })
}
