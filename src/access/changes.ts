import { Injectable } from '@nestjs/common'
import { EventEmitter } from 'node:events'

/** Something that a decision was based on is different now. No field means: it may concern anybody. */
export interface AccessChange {
  readonly userId?: string
  readonly teamId?: string
  /** Session or token that ended. */
  readonly credentialId?: string
}

/** Told whenever a role, team, token, session, password or owner changes; open streams are then decided again. */
@Injectable()
export class AccessChanges {
  private readonly emitter = new EventEmitter().setMaxListeners(0)

  announce(change: AccessChange): void {
    this.emitter.emit('change', change)
  }

  /** Returns the function that stops listening. */
  listen(listener: (change: AccessChange) => void): () => void {
    this.emitter.on('change', listener)
    return () => this.emitter.off('change', listener)
  }
}
