import { Injectable } from '@nestjs/common'
import { OBJECT_NAME, Ownership, type TeamRef } from '../access/index.js'
import { AppError } from '../common/errors.js'
import type { ContainerEntry } from '../engine/index.js'

/** Containers that a request names beside its own: only the team's are there to be named. */
@Injectable()
export class TeamContainers {
  constructor(private readonly ownership: Ownership) {}

  /** By name, full id or unique id prefix. @throws AppError INVALID_REQUEST at the pointer, the same for foreign and missing */
  async find(reference: string, team: TeamRef, pointer: string): Promise<ContainerEntry> {
    const wrong = (detail: string) => new AppError('INVALID_REQUEST', { reason: 'a container is not valid', errors: [{ pointer, detail }] })
    if (!OBJECT_NAME.test(reference) && !/^[0-9a-f]{64}$/.test(reference)) throw wrong('must be the name or id of a container')
    const live = await this.ownership.named('container', reference, team)
    const entry = live.length === 1 ? this.ownership.inventory.containers.get(live[0]!.engine_id ?? '') : undefined
    if (!entry) throw wrong(live.length > 1 ? 'matches several containers' : 'no such container in the team')
    return entry
  }
}
