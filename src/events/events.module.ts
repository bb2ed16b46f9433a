import { Module } from '@nestjs/common'
import { EventLog } from './event-log.js'
import { EventNaming } from './event-naming.js'
import { EventOwners } from './event-owner.js'
import { EventRecorder } from './event-recorder.js'
import { EventsController } from './events.controller.js'
import { Events } from './events.service.js'
import { EventsStream } from './events.stream.js'
import { ImageEvents } from './image-events.js'

/** What happens on the host, kept for a while. */
@Module({
  controllers: [EventsController],
  providers: [EventLog, EventNaming, EventOwners, EventRecorder, Events, EventsStream, ImageEvents],
})
export class EventsModule {}
