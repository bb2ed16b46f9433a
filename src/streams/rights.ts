import {
  type Access,
  type Grant,
  holdsInTeam,
  holdsOnHost,
  operation,
  type OperationId,
  type Permission,
  type Pointer,
  type Principal,
  type Target,
} from '../access/index.js'
import { AppError } from '../common/errors.js'

/** Who opened the stream, from where; `principal` is as it is now, not as it was. */
export interface Opener {
  readonly principal: Principal
  readonly address: string
}

interface Held<Op extends OperationId> {
  grant: Grant<Op>
  /** Decided again by what it was pinned to, so that a name which changed hands does not matter. */
  pinned: Pointer
  /** The source says that its object is no more. */
  gone: boolean
  /** Not found at the last look: once may be the moment between an engine's removal and the source's notice of it. */
  missing: boolean
}

/** The decisions that one open stream stands on. */
export class StreamRights<Op extends OperationId> {
  private held: Held<Op>[] = []

  constructor(
    private readonly access: Access,
    private readonly id: Op,
    private readonly opener: Opener,
    readonly requestId: string,
  ) {}

  /** One Grant, and one audit record, for each pointer, all by one principal. @throws AppError of the first denial. */
  async grantAll(pointers: readonly Pointer[], principal: Principal): Promise<Grant<Op>[]> {
    // a stream that does not open because of its second object must not leave a record that it opened the first
    const denied = pointers.length > 1 ? await this.firstDenied(pointers, principal) : undefined
    if (denied) await this.access.grant(this.request(denied, principal))
    for (const pointer of pointers) this.held.push(heldOf(await this.access.grant(this.request(pointer, principal)), pointer))
    return this.held.map(({ grant }) => grant)
  }

  private async firstDenied(pointers: readonly Pointer[], principal: Principal): Promise<Pointer | undefined> {
    for (const pointer of pointers)
      try {
        await this.access.decide(this.request(pointer, principal))
      } catch (error) {
        if (error instanceof AppError) return pointer
        throw error
      }
    return undefined
  }

  async regrant(pointer: Pointer, instead: Grant<Op>): Promise<Grant<Op> | null> {
    try {
      // without a record first: waiting for a name is not a denial
      await this.access.decide(this.request(pointer))
    } catch (error) {
      if (error instanceof AppError && error.code === 'NOT_FOUND') return null
      throw error
    }
    const grant = await this.access.grant(this.request(pointer))
    // a look that came meanwhile has judged the old one: the next one looks at this in any case
    const renewed = { ...heldOf(grant, pointer), missing: true }
    this.held = this.held.map((held) => (held.grant === instead ? renewed : held))
    return grant
  }

  release(grant: Grant<Op>): void {
    for (const held of this.held) if (held.grant === grant) held.gone = true
  }

  /** Decides all of it again, without a record. Answers why it must be cut, or null. `look again` is asked for by `doubtful`. */
  async recheck(): Promise<AppError | null> {
    for (const held of this.held) {
      const lost = await this.lost(held)
      if (lost) return lost
    }
    return null
  }

  /** An object was not found at the last look, but might just be gone: look again soon. */
  get doubtful(): boolean {
    return this.held.some(({ missing, gone }) => missing && !gone)
  }

  private async lost(held: Held<Op>): Promise<AppError | null> {
    if (!this.holdsPermission(held.grant)) return new AppError('PERMISSION_DENIED', { permission: operation(this.id).permission })
    if (held.gone) return null
    try {
      const now = await this.access.decide(this.request(held.pinned))
      held.missing = false
      return narrower(held.grant.target, now.target)
        ? new AppError('PERMISSION_DENIED', { permission: operation(this.id).permission })
        : null
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      if (error.code !== 'NOT_FOUND' || held.missing) return held.gone ? null : error
      held.missing = true
      return null
    }
  }

  /** Without a look-up, so that it also holds for an object that is gone. */
  private holdsPermission({ target }: Grant<Op>): boolean {
    const permission = operation(this.id).permission as Permission
    const team = teamOf(target)
    if (team) return holdsInTeam(this.opener.principal, team.id, permission) !== null
    return target.kind === 'scope' || target.kind === 'image' || holdsOnHost(this.opener.principal, permission) !== null
  }

  private request(pointer: Pointer, principal = this.opener.principal) {
    const { address } = this.opener
    return { operation: this.id, principal, pointer, requestId: this.requestId, address, stream: true as const }
  }
}

function heldOf<Op extends OperationId>(grant: Grant<Op>, pointer: Pointer): Held<Op> {
  return { grant, pinned: pinnedTo(grant.target, pointer), gone: false, missing: false }
}

function pinnedTo(target: Target, pointer: Pointer): Pointer {
  if ('engineId' in target) return { ref: target.engineId, ...(target.team && { team: target.team.name }) }
  return pointer
}

function teamOf(target: Target) {
  if (target.kind === 'image' && target.library) return null
  return 'team' in target ? target.team : null
}

/** A stream over a scope goes on with the teams that it was opened for; when one is lost it must be opened anew. */
function narrower(before: Target, now: Target): boolean {
  if (before.kind !== 'scope' || now.kind !== 'scope') return false
  const teams = new Set(now.teams.map(({ id }) => id))
  return before.teams.some(({ id }) => !teams.has(id))
}
