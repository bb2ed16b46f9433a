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

  /** Something changed through this process: it is heard here at once, and by the others through the relay. */
  announce(change: AccessChange): void {
    this.emitter.emit('change', change)
    this.emitter.emit('local', change)
  }

  /** Something changed through another process. */
  hear(change: AccessChange): void {
    this.emitter.emit('change', change)
  }

  /** Returns the function that stops listening. */
  listen(listener: (change: AccessChange) => void): () => void {
    return this.on('change', listener)
  }

  /** Only what this process announced, for the relay. */
  listenLocal(listener: (change: AccessChange) => void): () => void {
    return this.on('local', listener)
  }

  private on(event: 'change' | 'local', listener: (change: AccessChange) => void): () => void {
    this.emitter.on(event, listener)
    return () => this.emitter.off(event, listener)
  }
}
