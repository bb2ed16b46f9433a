import { Authenticator, type Grant, holdsInTeam, holdsOnHost, type Principal, scopeOf } from '../access/index.js'
import { AppError } from '../common/errors.js'
import type { EventScope } from './event-view.js'

const FRESH_MS = 1_000

/** What a reader may see, as it is now: a role may change while events are followed, and with it who may read command lines. */
export class EventReader {
  private principal: Principal
  private looked = performance.now()

  /** @throws AppError PERMISSION_DENIED */
  constructor(
    private readonly grant: Grant<'SystemEvents'>,
    private readonly authenticator: Authenticator,
    private readonly unowned: boolean,
  ) {
    this.principal = grant.principal
    this.assertUnowned()
  }

  /** @throws AppError when the reader may not read any more */
  async scope(): Promise<EventScope> {
    if (performance.now() - this.looked > FRESH_MS) {
      this.principal = await this.authenticator.revalidate(this.principal)
      this.looked = performance.now()
      this.assertUnowned()
    }
    const { principal } = this
    return {
      // of those that it was opened over, what is left
      teams: new Map([...scopeOf(this.grant)].filter(([id]) => holdsInTeam(principal, id, 'events.read') !== null)),
      unowned: this.unowned,
      readsCommands: (team) =>
        team ? holdsInTeam(principal, team.id, 'containers.env') !== null : holdsOnHost(principal, 'containers.env') !== null,
    }
  }

  private assertUnowned(): void {
    if (this.unowned && !holdsOnHost(this.principal, 'unowned.read'))
      throw new AppError('PERMISSION_DENIED', { permission: 'unowned.read' })
  }
}
