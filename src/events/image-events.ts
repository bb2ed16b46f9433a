import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { randomUUID } from 'node:crypto'
import { isDangling } from '../common/dangling-image.js'
import { parseImageReference } from '../common/image-reference.js'
import { type ImageReferenceChange, ImageReferenceStore, LIBRARY } from '../store/image-references.store.js'
import { EventLog } from './event-log.js'
import { newEvent } from './event-naming.js'
import { isoOfNano } from './event-time.js'

/** References are the teams' own, and the engine knows none of them: the process that changes one tells of it. */
@Injectable()
export class ImageEvents implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('events')
  private writing: Promise<void> = Promise.resolve()
  private unlisten: (() => void) | undefined

  constructor(
    private readonly references: ImageReferenceStore,
    private readonly log: EventLog,
  ) {}

  onApplicationBootstrap(): void {
    this.unlisten = this.references.onChange((change) => {
      this.writing = this.writing.then(() => this.write(change))
    })
  }

  async onApplicationShutdown(): Promise<void> {
    this.unlisten?.()
    await this.writing
  }

  private async write({ action, row }: ImageReferenceChange): Promise<void> {
    const at = isoOfNano(BigInt(Date.now()) * 1_000_000n)
    const name = isDangling(row) ? row.content_id : parseImageReference(row.reference).familiar
    const team = row.team_id === LIBRARY ? null : row.team_id
    const event = newEvent({
      at,
      key: randomUUID(),
      kind: 'image',
      action,
      team,
      object: row.uid,
      engineId: row.content_id,
      name,
      data: {},
    })
    await this.log.append([event]).catch((error: unknown) => this.logger.warn({ err: error }, 'an event could not be recorded'))
  }
}
